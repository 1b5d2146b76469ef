/**
 * The few words of the launcher.
 *
 * @module
 */

/** Words of one language. */
export interface Labels {
  readonly open: string;
  readonly close: string;
  readonly unread: string;
  readonly chat: string;
  /** The frame can't be shown. */
  readonly blocked: string;
  /** The chat in a tab of its own. */
  readonly tab: string;
}

const ENGLISH: Labels = {
  open: "Open chat",
  close: "Close chat",
  unread: "unread",
  chat: "Chat",
  blocked: "The chat cannot be shown on this page right now.",
  tab: "Open the chat in a new tab",
};

/** The languages of the chat: see `locales/mod.ts`. */
const LABELS: Readonly<Record<string, Labels>> = {
  en: ENGLISH,
  de: {
    open: "Chat öffnen",
    close: "Chat schließen",
    unread: "ungelesen",
    chat: "Chat",
    blocked: "Der Chat lässt sich auf dieser Seite gerade nicht anzeigen.",
    tab: "Chat in einem neuen Tab öffnen",
  },
  ja: {
    open: "チャットを開く",
    close: "チャットを閉じる",
    unread: "件の未読",
    chat: "チャット",
    blocked: "このページでは現在チャットを表示できません。",
    tab: "新しいタブでチャットを開く",
  },
  ar: {
    open: "فتح المحادثة",
    close: "إغلاق المحادثة",
    unread: "غير مقروءة",
    chat: "المحادثة",
    blocked: "لا يمكن عرض المحادثة في هذه الصفحة الآن.",
    tab: "فتح المحادثة في علامة تبويب جديدة",
  },
};

/**
 * Chooses the language of the launcher and of the chat in the frame: the first that both have words in.
 *
 * @param wanted Language tags, the most wanted first.
 * @returns The tag; `en` when there are words in none of them.
 */
export function chooseTag(wanted: readonly string[]): string {
  return wanted.find((tag) => Object.hasOwn(LABELS, languageOf(tag))) ?? "en";
}

/**
 * Gives the words of a language.
 *
 * @param tag As {@link chooseTag} gives it.
 * @returns The words.
 */
export function labelsFor(tag: string): Labels {
  return LABELS[languageOf(tag)] ?? ENGLISH;
}

function languageOf(tag: string): string {
  return tag.toLowerCase().split(/[-_]/)[0] ?? "";
}
