/**
 * Notices when the frame can't load, and tells the site's makers what to allow.
 *
 * @module
 */

/** A frame that said nothing for this long isn't going to. */
const READY_TIMEOUT_MS = 15_000;
/** The chat says that it is ready before its page has loaded; a browser's error page only loads. */
const LOADED_TIMEOUT_MS = 1_500;

/**
 * Watches the frame's start.
 *
 * @param frame The frame.
 * @param origin The chat server.
 * @param onBlocked What to do when it is blocked.
 * @returns Call it when the frame is ready.
 */
export function watchFrame(frame: HTMLIFrameElement, origin: string, onBlocked: () => void): () => void {
  const settle = (): void => {
    clearTimeout(timer);
    frame.removeEventListener("load", loaded);
    document.removeEventListener("securitypolicyviolation", violated);
  };
  const loaded = (): void => {
    clearTimeout(timer);
    timer = setTimeout(silent, LOADED_TIMEOUT_MS);
  };
  const fail = (words: string): void => {
    settle();
    // deno-lint-ignore no-console -- the site's makers look there, and nowhere else
    console.error(`ChatBox50: ${words}`);
    onBlocked();
  };
  const violated = (event: SecurityPolicyViolationEvent): void => {
    const { effectiveDirective, blockedURI } = event;
    if (!/^(frame|child|default)-src$/.test(effectiveDirective) || !blockedURI.startsWith(origin)) return;
    fail(
      `this page's Content-Security-Policy blocks the chat. It needs: script-src ${origin}; frame-src ${origin}`,
    );
  };
  const silent = (): void =>
    fail(
      `the chat at ${origin} does not start. If this page has a Content-Security-Policy, it needs: ` +
        `script-src ${origin}; frame-src ${origin}. The chat server must allow this site: ALLOWED_SITES=${location.origin}`,
    );
  let timer = setTimeout(silent, READY_TIMEOUT_MS);
  frame.addEventListener("load", loaded);
  document.addEventListener("securitypolicyviolation", violated);
  return settle;
}
