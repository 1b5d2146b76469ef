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

const LABELS: Readonly<Record<string, Labels>> = {
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
 * Chooses the words.
 *
 * @param locale A language tag.
 * @returns The words; English when there are none in that language.
 */
export function labelsFor(locale: string): Labels {
  const language = locale.toLowerCase().split(/[-_]/)[0] ?? "";
  return (Object.hasOwn(LABELS, language) ? LABELS[language] : undefined) ?? ENGLISH;
}
