import type { Logger } from "../../core/mod.ts";
import { DiscordUnreachable, failureFields } from "../errors.ts";
import { fetchAttachment, ForeignAddressError } from "./attachment_source.ts";

/** https://discord.com/developers/docs/reference#image-formatting-cdn-endpoints */
const CDN = "https://cdn.discordapp.com";

/** Hosts of Discord's REST API, which have no pictures themselves. */
const DISCORD_API_HOST = /(?:^|\.)discord(?:app)?\.com$/;

/** A member's picture, one that they have in a single server, or the one of who has none; a webhook's is like a member's. */
const NAME =
  /^(?:avatars\/\d{1,20}\/\w{1,64}|guilds\/\d{1,20}\/users\/\d{1,20}\/avatars\/\w{1,64}|embed\/avatars\/\d)$/;

/** Pixels of a side: twice as many as the page shows, for fine screens. */
const SIZE = 64;

/** As much as such a picture may have, in bytes; Discord's have less than 20 KiB. */
const MAX_BYTES = 256 * 1024;

/** How long it may take, in milliseconds; a visitor's page waits. */
const TIMEOUT_MS = 5_000;

/** Options of {@link DiscordPictures}. */
export interface DiscordPicturesOptions {
  /** Of the REST API; a server that is not Discord's keeps its pictures itself. */
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
  /** How long fetching one may take, in milliseconds; 5,000 when left out. */
  readonly timeoutMs?: number;
}

/** Pictures of the staff, from Discord's CDN and nowhere else. */
export class DiscordPictures {
  readonly #origin: string;
  readonly #options: DiscordPicturesOptions;
  /** One line for the operator, not one a picture. */
  #isAway = false;

  constructor(options: DiscordPicturesOptions) {
    const { apiUrl } = options;
    this.#options = options;
    const api = apiUrl === undefined ? undefined : new URL(apiUrl);
    this.#origin = api === undefined || DISCORD_API_HOST.test(api.hostname) ? CDN : api.origin;
  }

  /** A picture's path on the CDN, without its ending; `undefined` for an address that no picture of a user has. */
  nameOf(address: string): string | undefined {
    const [, name = ""] =
      /^https:\/\/cdn\.discordapp\.com\/([\w/]{1,200})(?:\.[a-z]{3,4})?(?:\?size=\d{1,4})?$/
        .exec(address) ?? [];
    return NAME.test(name) ? name : undefined;
  }

  /**
   * Fetches a picture of 64 by 64 pixels.
   *
   * @param name as {@link nameOf} gives it
   * @returns its bytes; `gone` when Discord has none of that name, or one that is too large, and `unreachable` when it does not answer
   */
  async fetch(name: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | "gone" | "unreachable"> {
    const { apiUrl, logger, timeoutMs = TIMEOUT_MS } = this.#options;
    if (!NAME.test(name)) return "gone";
    const url = `${this.#origin}/${name}.png?size=${SIZE}`;
    try {
      const body = await fetchAttachment(url, { apiUrl, timeoutMs, signal, action: "fetch a picture" });
      const bytes = await readWithin(MAX_BYTES, body);
      this.#isAway = false;
      return bytes ?? "gone";
    } catch (error) {
      if (signal.aborted) return "unreachable";
      if (error instanceof ForeignAddressError) return "gone";
      if (!(error instanceof DiscordUnreachable)) throw error;
      if (isFinal(error.status)) return "gone";
      if (!this.#isAway) logger.warn("Pictures of the staff are not to be had now", failureFields(error));
      this.#isAway = true;
      return "unreachable";
    }
  }
}

/** Whether asking again gives the same answer: a member who has changed their picture has the old one no more. */
function isFinal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

async function readWithin(
  maxBytes: number,
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    // Leaving the loop lets go of the rest.
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}
