/**
 * Keeps the reader's place: at the end while they are there, at the same message while they read back.
 *
 * @module
 */

/** This close to the end counts as there, in pixels. */
const END_MARGIN = 64;
/** This close to the beginning asks for more. */
const TOP_MARGIN = 400;

/** So many rows in view are remembered: of a message, its day's line and the line above what is unread, one stays. */
const ANCHORS = 4;

/** A row and where it was. */
interface Anchor {
  readonly key: string;
  readonly top: number;
}

/** What a {@link Scroller} reports. */
export interface ScrollerEvents {
  /** The reader came to the end or left it. */
  readonly atEnd: (atEnd: boolean) => void;
  /** The reader is near the beginning. */
  readonly nearTop: () => void;
}

/** The scrolling of the message list. */
export class Scroller {
  readonly #box: HTMLElement;
  readonly #content: HTMLElement;
  readonly #events: ScrollerEvents;
  #atEnd = true;
  /** The sizes at the last look. */
  #laidOut = "";

  /**
   * @param box What scrolls.
   * @param content What is scrolled.
   * @param events Who hears of it.
   */
  constructor(box: HTMLElement, content: HTMLElement, events: ScrollerEvents) {
    this.#box = box;
    this.#content = content;
    this.#events = events;
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Pictures, the growing composer and the phone's keyboard change sizes; the reader's place is the end, then.
    const observer = new ResizeObserver(() => this.#settle());
    observer.observe(box);
    observer.observe(content);
  }

  /** Whether the reader is at the end. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Goes to the end. */
  toEnd(smooth = false): void {
    const box = this.#box;
    const gently = smooth && !reducedMotion();
    // Over a long way, only the last part is shown.
    if (gently) box.scrollTop = Math.max(box.scrollTop, box.scrollHeight - 2.5 * box.clientHeight);
    box.scrollTo({ top: box.scrollHeight, behavior: gently ? "smooth" : "instant" });
    if (!gently) this.#setAtEnd(true);
  }

  /**
   * Changes the content without moving what the reader looks at.
   *
   * @param change Makes the change.
   */
  keepPlace(change: () => void): void {
    const anchors = this.#atEnd ? [] : this.#visible();
    change();
    if (this.#atEnd) this.toEnd();
    else this.#settleAt(anchors);
    this.checkTop();
  }

  /** Asks for more when the beginning is near. */
  checkTop(): void {
    if (this.#box.scrollTop < TOP_MARGIN) this.#events.nearTop();
  }

  /** Puts the first row that is still there back where it was. */
  #settleAt(anchors: readonly Anchor[]): void {
    for (const { key, top } of anchors) {
      const row = this.#content.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (row === null) continue;
      const moved = row.getBoundingClientRect().top - top;
      // Even setting the same position would end a scroll that is under way.
      if (moved !== 0) this.#box.scrollTop += moved;
      return;
    }
  }

  /** The first rows in view. A row may be made anew or go (a day's line moves up to older messages), so one isn't enough. */
  #visible(): Anchor[] {
    const top = this.#box.getBoundingClientRect().top;
    const rows = [...this.#content.querySelectorAll("[data-key]")];
    // The rows are in order, so the first one that ends below the top can be searched by halves.
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) <= top) low = middle + 1;
      else high = middle;
    }
    return rows.slice(low, low + ANCHORS).map((row) => ({
      key: row.getAttribute("data-key") ?? "",
      top: row.getBoundingClientRect().top,
    }));
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const laidOut = `${scrollHeight}/${clientHeight}`;
    // An event that comes with other sizes than the last tells of a new layout, not of a reader who scrolls.
    if (laidOut !== this.#laidOut && this.#atEnd) return this.#settle();
    this.#laidOut = laidOut;
    this.#setAtEnd(scrollHeight - clientHeight - scrollTop < END_MARGIN);
    this.checkTop();
  }

  #settle(): void {
    const { scrollHeight, clientHeight } = this.#box;
    this.#laidOut = `${scrollHeight}/${clientHeight}`;
    if (this.#atEnd) this.#box.scrollTop = scrollHeight;
  }

  #setAtEnd(atEnd: boolean): void {
    if (this.#atEnd === atEnd) return;
    this.#atEnd = atEnd;
    this.#events.atEnd(atEnd);
  }
}

/** Whether the reader asked for little motion. */
export function reducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
