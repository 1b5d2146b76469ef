/**
 * The few words of the launcher.
 *
 * @module
 */

/** Words of one language: open, close, unread messages, the chat in a tab of its own. */
export interface Labels {
  readonly open: string;
  readonly close: string;
  readonly unread: string;
  readonly chat: string;
  readonly tab: string;
}

const LABELS: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  en: ["Open chat", "Close chat", "unread", "Chat", "Open the chat in a new tab"],
  de: ["Chat öffnen", "Chat schließen", "ungelesen", "Chat", "Chat in einem neuen Tab öffnen"],
  ja: ["チャットを開く", "チャットを閉じる", "件の未読", "チャット", "新しいタブでチャットを開く"],
  ar: ["فتح المحادثة", "إغلاق المحادثة", "غير مقروءة", "المحادثة", "فتح المحادثة في علامة تبويب جديدة"],
};

/**
 * Chooses the words.
 *
 * @param locale A language tag.
 * @returns The words; English when there are none in that language.
 */
export function labelsFor(locale: string): Labels {
  const language = locale.toLowerCase().split(/[-_]/)[0] ?? "";
  const [open, close, unread, chat, tab] = (Object.hasOwn(LABELS, language) ? LABELS[language] : undefined) ??
    ["Open chat", "Close chat", "unread", "Chat", "Open the chat in a new tab"];
  return { open, close, unread, chat, tab };
}
