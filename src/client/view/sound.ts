/**
 * A soft sound for a new message: only if the visitor wants it, and from one tab only.
 *
 * @module
 */
import type { KeyValueStorage } from "../ports.ts";

const WANTED_KEY = "chatbox50.sound";
/** Two notes, a fourth apart, in Hz. */
const NOTES = [659.25, 880] as const;
const NOTE_SECONDS = 0.14;
const VOLUME = 0.06;
/** How long the tab that plays keeps the others silent. */
const CLAIM_MS = 3_000;

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
   * Plays for a new message, if this tab is the one that does.
   *
   * @param seq The message.
   */
  async received(seq: number): Promise<void> {
    if (!this.wanted) return;
    // Whoever holds the lock plays; the others find it taken. Only secure pages have locks.
    if (navigator.locks === undefined) return this.#play();
    await navigator.locks.request(`${WANTED_KEY}.${seq}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) return;
      this.#play();
      await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
    });
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
