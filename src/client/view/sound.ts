/**
 * A soft sound for a new message: only if the visitor wants it, and from one tab only.
 *
 * @module
 */
import type { KeyValueStorage } from "../ports.ts";

const WANTED_KEY = "chatbox50.sound";
/** The message that was played for last, in whichever tab. */
const PLAYED_KEY = "chatbox50.played";
/** Two notes, a fourth apart, in Hz. */
const NOTES = [659.25, 880] as const;
const NOTE_SECONDS = 0.14;
const VOLUME = 0.06;

/** The sound and whether it is wanted. */
export class Sound {
  readonly #storage: KeyValueStorage;
  #audio: AudioContext | null = null;

  /** @param storage Keeps the wish, for all tabs. */
  constructor(storage: KeyValueStorage) {
    this.#storage = storage;
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
   * Plays for a new message, if no other tab has.
   *
   * @param message What tells this message from all others.
   */
  async received(message: string): Promise<void> {
    if (!this.wanted) return;
    // The lock makes looking and noting one step. Only secure pages have locks; without, two tabs may rarely play.
    if (navigator.locks === undefined) return this.#playOnce(message);
    await navigator.locks.request(PLAYED_KEY, () => this.#playOnce(message));
  }

  #playOnce(message: string): void {
    if (this.#storage.get(PLAYED_KEY) === message) return;
    this.#storage.set(PLAYED_KEY, message);
    this.#play();
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
