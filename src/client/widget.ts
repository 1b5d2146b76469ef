/**
 * The widget's loader for other sites: one `<script src="https://chat.example/widget.js" async></script>`.
 * Bundled to `static/dist/widget.js`, served as `/widget.js`.
 *
 * @module
 */
import { type FromFrame, MARK, type ToFrame } from "./embed_protocol.ts";
import type { WidgetApi, WidgetEvents, WidgetIdentity } from "./widget/api.ts";
import { watchFrame } from "./widget/blocked.ts";
import { labelsFor } from "./widget/labels.ts";
import { readOptions } from "./widget/options.ts";
import { Panel } from "./widget/panel.ts";

/** Puts the widget on the page. */
function load(script: HTMLScriptElement): void {
  const options = readOptions(script, navigator.languages);
  const { origin } = options;
  const listeners = new Map<string, Set<(value: never) => void>>();
  const waiting = Array.isArray(globalThis.ChatBox50) ? globalThis.ChatBox50 : [];
  let ready = false;
  let identity: WidgetIdentity | null = null;
  let frameReady = (): void => {};

  const tell = <K extends keyof WidgetEvents>(event: K, value: WidgetEvents[K]): void => {
    for (const listener of listeners.get(event) ?? []) (listener as (value: WidgetEvents[K]) => void)(value);
  };
  const post = (message: ToFrame): void => {
    if (ready) panel.frameWindow?.postMessage({ ...message, [MARK]: 1 }, origin);
  };
  const greet = (): void => {
    post({ type: "page", url: location.href, title: document.title });
    post({ type: "shown", shown: panel.isOpen });
  };
  const open = (): void => {
    if (panel.isOpen) return;
    const made = panel.open(identity !== null);
    if (made !== null) {
      ready = false;
      frameReady = watchFrame(made, origin, () => panel.blocked());
    }
    greet();
    tell("open", undefined);
  };
  const close = (): void => {
    if (!panel.isOpen) return;
    panel.close();
    post({ type: "shown", shown: false });
    tell("close", undefined);
  };
  const toggle = (): void => panel.isOpen ? close() : open();
  const panel = new Panel(options, labelsFor(options.locale), toggle);

  addEventListener("message", (event: MessageEvent<unknown>) => {
    const { data } = event;
    if (event.origin !== origin || event.source === null || event.source !== panel.frameWindow) return;
    if (typeof data !== "object" || data === null || !(MARK in data)) return;
    const message = data as unknown as FromFrame;
    if (message.type === "ready") {
      ready = true;
      frameReady();
      panel.ready();
      if (identity !== null) post({ type: "identify", identity });
      greet();
    } else if (message.type === "unread") {
      panel.unread = message.count;
      tell("unread", message.count);
    } else if (message.type === "expired") {
      tell("expired", undefined);
    } else if (message.type === "close") {
      close();
    }
  });

  if (options.openOn !== "") {
    document.addEventListener("click", (event) => {
      if (!(event.target instanceof Element) || event.target.closest(options.openOn) === null) return;
      event.preventDefault();
      open();
    });
  }

  const api: WidgetApi = {
    open,
    close,
    toggle,
    on: (event, listener) => {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(listener));
      return () => known.delete(listener);
    },
    identify: (value) => {
      identity = value;
      post({ type: "identify", identity: value });
    },
  };
  globalThis.ChatBox50 = api;
  for (const run of waiting) run(api);
}

const script = document.currentScript;
// A second copy on the same page would be a second launcher.
if (
  script instanceof HTMLScriptElement &&
  (globalThis.ChatBox50 === undefined || Array.isArray(globalThis.ChatBox50))
) {
  if (document.body === null) addEventListener("DOMContentLoaded", () => load(script), { once: true });
  else load(script);
}
