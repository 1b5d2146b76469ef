import type { Clock } from "../../core/mod.ts";

/** Options of {@link steadyStream}. */
export interface SteadyStreamOptions {
  /** Given up when its reader has taken nothing for so long. */
  readonly stalledAfterMs: number;
  /** Given up when it has not ended after so long. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
}

/** The same stream, which ends by itself when its reader takes it too slowly: until then it may hold an open file. */
export function steadyStream(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  { stalledAfterMs, deadlineMs, clock, onEnd }: SteadyStreamOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  let ended = false;
  let giveUp = (): void => {};
  const cancelDeadline = clock.after(deadlineMs, () => giveUp());
  let cancelStalled = clock.after(stalledAfterMs, () => giveUp());
  const end = (): void => {
    if (ended) return;
    ended = true;
    cancelStalled();
    cancelDeadline();
    onEnd();
  };
  return new ReadableStream({
    start(controller): void {
      giveUp = (): void => {
        end();
        controller.error(new DOMException("The reader is too slow", "TimeoutError"));
        // Its own failure, if any, is told to whoever reads; there is nobody any more.
        reader.cancel().catch(() => undefined);
      };
    },
    async pull(controller): Promise<void> {
      cancelStalled();
      try {
        const { done, value } = await reader.read();
        if (ended) return;
        if (!done) {
          controller.enqueue(value);
          cancelStalled = clock.after(stalledAfterMs, () => giveUp());
          return;
        }
        end();
        controller.close();
      } catch (error) {
        end();
        throw error;
      }
    },
    async cancel(reason): Promise<void> {
      end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
