import type { Message } from "../../core/mod.ts";
import { pack, type Parcel } from "./pack.ts";
import { idsOf, nonceOf, type Step } from "./plan.ts";
import type { Composer, Voice } from "./composer.ts";
import type { Batch, PlanEnd, PlanRunner } from "./plan_runner.ts";

/** Posts a plan, so that a whole plan is done within the time for which Discord knows its nonces. */
const POSTS_A_PLAN = 10;

/** Posts what visitors write: packed, and message by message where Discord refuses one of a pack. */
export class NewMessages {
  readonly #composer: Composer;
  readonly #runner: PlanRunner;

  constructor(composer: Composer, runner: PlanRunner) {
    this.#composer = composer;
    this.#runner = runner;
  }

  /** Posts messages, in order. */
  async post(batch: Batch, messages: readonly Message[]): Promise<void> {
    const voice = await this.#composer.voice(batch.connection);
    let waiting = messages;
    while (waiting.length > 0) {
      const packed = pack(await this.#composer.items(batch.connection, waiting), voice);
      const parcels = packed.slice(0, wholeMessages(packed));
      const last = parcels.at(-1)?.seqs.at(-1);
      // Deleted ones only: nothing to post, they are done when the batch is.
      if (last === undefined) return;
      const planned = waiting.filter(({ seq }) => seq <= last);
      const through = await this.settle(batch, await this.#plan(batch, planned, parcels, voice), voice);
      waiting = waiting.filter(({ seq }) => seq > through);
    }
  }

  /** Sees to what a plan has left apart: each message for itself, so that only the one that is meant fails. */
  async settle(batch: Batch, { through, apart }: PlanEnd, voice?: Voice): Promise<number> {
    let last = through;
    for (const message of apart) {
      const own = voice ?? await this.#composer.voice(batch.connection);
      const parcels = pack(await this.#composer.items(batch.connection, [message]), own);
      last = parcels.length === 0
        ? message.seq
        : Math.max(last, (await this.#plan(batch, [message], parcels, own)).through);
    }
    return last;
  }

  async #plan(
    batch: Batch,
    messages: readonly Message[],
    parcels: readonly Parcel[],
    { as }: Voice,
  ): Promise<PlanEnd> {
    const { uid } = batch.connection;
    const steps = await Promise.all(
      parcels.map(async ({ content, seqs: [seq = 0], replyTo: answered, files }, part): Promise<Step> => {
        const replyTo = typeof answered === "number" ? stepOf(answered, parcels.slice(0, part)) : answered;
        const source = { kind: "message", uid, place: batch.id, seq, rev: 0, part } as const;
        return {
          do: "post",
          nonce: await nonceOf(source),
          content,
          ...(replyTo !== undefined && { replyTo }),
          ...(files !== undefined && { files }),
          ...(as !== undefined && { as }),
        };
      }),
    );
    return await this.#runner.run(batch, {
      steps,
      ids: idsOf(parcels, (index) => index),
      seq: messages.at(-1)?.seq ?? 0,
      revs: messages.map(({ seq, rev }) => [seq, rev]),
    }, messages);
  }
}

/** The step that posts the beginning of a message; `undefined` when none does. */
function stepOf(seq: number, parcels: readonly Parcel[]): number | undefined {
  const step = parcels.findIndex(({ seqs }) => seqs.includes(seq));
  return step === -1 ? undefined : step;
}

/** How many parcels go into a plan: about {@link POSTS_A_PLAN}, all the parts of a message together. */
function wholeMessages(parcels: readonly Parcel[]): number {
  for (let count = POSTS_A_PLAN; count < parcels.length; count++) {
    if (parcels[count]?.seqs[0] !== parcels[count - 1]?.seqs[0]) return count;
  }
  return parcels.length;
}
