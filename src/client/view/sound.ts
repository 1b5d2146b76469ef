/**
 * A soft sound for a new message: only if the visitor wants it, and from one tab only.
 *
 * @module
 */
import type { Clock, KeyValueStorage } from "../ports.ts";

const WANTED_KEY = "chatbox50.sound";
/** The newest message that was played for or looked at, in whichever tab: its conversation and `seq`. */
const PLAYED_KEY = "chatbox50.played";
/** The tab that the visitor looks at says so within this time, before another one plays. */
const LOOKED_AT_WITHIN_MS = 300;
/** Two notes, a fourth apart, in Hz. */
const NOTES = [659.25, 880] as const;
const NOTE_SECONDS = 0.14;
const VOLUME = 0.06;

/** The sound and whether it is wanted. */
export class Sound {
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  #audio: AudioContext | null = null;

  /**
   * @param storage Keeps the wish, for all tabs.
   * @param clock For the wait before it plays.
   */
  constructor(storage: KeyValueStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** Whether the visitor wants it. */
  get wanted(): boolean {
    return this.#storage.get(WANTED_KEY) === "on";
  }

  /** Turns it on or off. On lets it be heard once, which browsers allow because of the click. */
  toggle(): void {
    if (this.wanted) return this.#storage.remove(WANTED_KEY);
    this.#storage.set(WANTED_KEY, "on");
    this.#play();
  }

  /**
   * Plays for a new message, unless another tab has or the visitor looks at it in one.
   *
   * @param uid The conversation.
   * @param seq The message.
   */
  async received(uid: string, seq: number): Promise<void> {
    if (!this.wanted) return;
    const playOnce = (): Promise<void> => this.#playOnce(uid, seq);
    // The lock makes looking and noting one step. Only secure pages have locks; without, two tabs may rarely play.
    if (navigator.locks === undefined) return playOnce();
    await navigator.locks.request(PLAYED_KEY, playOnce);
  }

  /** The visitor looks at this message here: no tab needs to play for it. */
  lookedAt(uid: string, seq: number): void {
    if (this.wanted && !this.#isKnown(uid, seq)) this.#storage.set(PLAYED_KEY, `${uid} ${seq}`);
  }

  async #playOnce(uid: string, seq: number): Promise<void> {
    if (this.#isKnown(uid, seq)) return;
    await new Promise<void>((resolve) => this.#clock.setTimer(resolve, LOOKED_AT_WITHIN_MS));
    if (this.#isKnown(uid, seq)) return;
    this.#storage.set(PLAYED_KEY, `${uid} ${seq}`);
    this.#play();
  }

  #isKnown(uid: string, seq: number): boolean {
    const [of, upTo] = (this.#storage.get(PLAYED_KEY) ?? "").split(" ");
    return of === uid && Number(upTo) >= seq;
  }

  #play(): void {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    void audio.resume();
    for (const [index, frequency] of NOTES.entries()) {
      const start = audio.currentTime + index * NOTE_SECONDS;
      const tone = new OscillatorNode(audio, { type: "sine", frequency });
      const gain = new GainNode(audio, { gain: 0 });
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(VOLUME, start + 0.015);
      gain.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_SECONDS * 2.4);
      tone.connect(gain).connect(audio.destination);
      tone.start(start);
      tone.stop(start + NOTE_SECONDS * 2.5);
    }
  }
}
