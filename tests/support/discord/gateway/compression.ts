/**
 * Transport compression, for clients that ask for `compress=zlib-stream`.
 *
 * @see https://docs.discord.com/developers/events/gateway#transport-compression
 */
import { constants, deflateRawSync, deflateSync } from "node:zlib";

/** Turns payloads into the frames of one compressed stream. */
export interface TransportCompressor {
  /**
   * @param text a payload
   * @returns its frames, in order
   */
  compress(text: string): Uint8Array<ArrayBuffer>[];
}

/** @returns a compressor for one connection; each payload ends with a sync flush */
export function zlibStream(): TransportCompressor {
  let first = true;
  return {
    compress(text: string): Uint8Array<ArrayBuffer>[] {
      // Each payload is flushed by itself and refers to none before it, which any inflating reader accepts.
      const flush = { finishFlush: constants.Z_SYNC_FLUSH };
      const bytes = first ? deflateSync(text, flush) : deflateRawSync(text, flush);
      first = false;
      return [new Uint8Array(bytes)];
    },
  };
}
