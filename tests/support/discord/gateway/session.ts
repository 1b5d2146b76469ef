/** One gateway session: what it asked for, what it was sent, and the socket it is on, if any. */
import { GatewayIntentBits as Intent, GatewayOpcodes } from "discord-api-types/v10";
import type { Dispatch, World } from "../world.ts";
import { hears, withContentPrivilege } from "./intents.ts";

/** Where a session's payloads go. */
export interface SessionSink {
  /** @param text a payload in JSON */
  send(text: string): void;
}

/** Events kept for a resume; a client further behind must identify anew. */
const REPLAY_EVENTS = 50_000;

/** A session lives on when its socket is gone, so that it can be resumed. */
export class Session {
  readonly id: string = crypto.randomUUID().replaceAll("-", "");
  readonly intents: number;
  readonly shard: readonly [number, number];
  sink: SessionSink | undefined;
  #seq = 0;
  #replay: { seq: number; text: string }[] = [];
  readonly #world: World;

  /**
   * @param world where
   * @param intents what it asked for
   * @param shard its number and how many there are
   */
  constructor(world: World, intents: number, shard: readonly [number, number]) {
    this.#world = world;
    this.intents = intents;
    this.shard = shard;
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  /** @param event sent when the session may hear it, kept when nobody listens */
  dispatch(event: Dispatch): void {
    if (!hears(this.#world, this.intents, event)) return;
    const privileged = (this.intents & Intent.MessageContent) !== 0;
    const d = event.message === undefined
      ? event.d
      : withContentPrivilege(this.#world, privileged, event.message, event.d);
    this.push(event.t, d);
  }

  /**
   * @param t the event's name
   * @param d its data; sent whatever the intents are
   */
  push(t: string, d: unknown): void {
    const seq = ++this.#seq;
    const text = JSON.stringify({ op: GatewayOpcodes.Dispatch, t, s: seq, d });
    this.#replay.push({ seq, text });
    if (this.#replay.length > REPLAY_EVENTS) this.#replay.splice(0, REPLAY_EVENTS / 2);
    this.sink?.send(text);
  }

  /**
   * @param seq the last event the client saw
   * @returns whether everything after it is still here
   */
  canReplayFrom(seq: number): boolean {
    const oldest = this.#replay[0]?.seq ?? this.#seq + 1;
    return seq <= this.#seq && seq >= oldest - 1;
  }

  /** @param seq sends everything after this again */
  replayFrom(seq: number): void {
    for (const event of this.#replay) if (event.seq > seq) this.sink?.send(event.text);
  }
}
