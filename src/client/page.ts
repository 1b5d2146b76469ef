/**
 * The chat page: puts the client, the view and the browser together. Bundled to `static/dist/page.js`.
 *
 * @module
 */
import { browserStorage, tabValue } from "./browser_storage.ts";
import { ChatClient } from "./chat_client.ts";
import { textOn } from "./colors.ts";
import { isComposing } from "./composing.ts";
import { Draft } from "./draft.ts";
import { EmbedBridge, embedderOrigin } from "./embed_bridge.ts";
import { Formats } from "./formats.ts";
import { ownerOf, parseIdentity, type VisitorIdentity } from "./identity.ts";
import { chooseLocale } from "./locales/mod.ts";
import { parseEmbedConfig, parsePageConfig } from "./page_config.ts";
import { systemClock, systemRandom, webSocketUrl } from "./system_ports.ts";
import { FileTransfer } from "./upload.ts";
import { ChatView } from "./view/chat_view.ts";
import type { ViewContext } from "./view/context.ts";
import { Header } from "./view/header.ts";
import { Sound } from "./view/sound.ts";
import { followViewport } from "./view/viewport.ts";

/** Starts the page. */
function main(): void {
  const root = document.documentElement;
  const meta = document.querySelector<HTMLMetaElement>('meta[name="chatbox50"]');
  const config = parsePageConfig(meta?.content ?? "");
  const embedder = embedderOrigin();
  const framed = embedder === null ? {} : parseEmbedConfig(location.hash);
  const locale = chooseLocale(
    [framed.locale ?? "", config.locale, ...navigator.languages],
    navigator.languages,
  );
  const name = framed.title ?? config.name;
  const greeting = framed.greeting ?? (config.greeting || locale.strings.defaultGreeting);
  root.lang = locale.lang;
  root.dir = locale.dir;
  root.classList.toggle("embedded", embedder !== null);
  if (framed.color !== undefined) {
    root.style.setProperty("--accent", framed.color);
    const onAccent = textOn(framed.color);
    root.style.setProperty("--on-accent", onAccent);
    root.style.setProperty("--off-accent", onAccent === "#ffffff" ? "#000000" : "#ffffff");
    root.classList.add("own-color");
  }

  const storage = browserStorage();
  const tab = tabValue("chatbox50.tab");
  const tabId = tab.get() ?? systemRandom.id();
  tab.set(tabId);
  let page = { url: document.referrer || location.href, title: document.title };
  let shown = true;
  const client = new ChatClient({
    url: webSocketUrl(location.href),
    storage,
    tab: tabId,
    page: () => page,
    locale: locale.format,
    visible: () => document.visibilityState === "visible",
  });
  const context: ViewContext = {
    locale,
    strings: locale.strings,
    formats: new Formats(locale.format),
    now: () => Date.now(),
  };
  const sound = new Sound(storage, systemClock);
  const header = new Header(name, context, sound);
  const draft = new Draft(tabValue("chatbox50.draft"));
  const view = new ChatView({
    client,
    context,
    transfer: new FileTransfer(() => client.session),
    header,
    sound,
    greeting,
    watching: () => shown && document.visibilityState === "visible" && document.hasFocus(),
    draft,
  });

  /** Takes over from whoever was here before; their half-written text isn't the next visitor's. */
  const identify = (value: unknown): void => {
    const identity = parseIdentity(value);
    client.identify(identity);
    start(identity);
  };
  let writer: { readonly owner: string | undefined } | null = null;
  const start = (identity: VisitorIdentity | null): void => {
    const owner = ownerOf(identity);
    if (writer !== null && writer.owner === owner) return;
    if (writer === null) client.start();
    else view.startOver();
    writer = { owner };
    view.open(draft.belongTo(owner));
  };

  client.listen((event) => {
    if (event.type === "signInRefused") bridge?.post({ type: "expired" });
  });

  document.title = name;
  let bridge: EmbedBridge | null = null;
  let toldUnread = 0;
  client.subscribe(() => {
    const { unread } = client.state;
    if (unread === toldUnread) return;
    toldUnread = unread;
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
    bridge?.post({ type: "unread", count: unread });
  });

  if (embedder !== null) {
    const close = (): void => bridge?.post({ type: "close" });
    bridge = new EmbedBridge(embedder, (message) => {
      if (message.type === "shown") {
        shown = message.shown;
        if (shown) view.focus();
        view.looked();
      } else if (message.type === "page") {
        page = { url: message.url, title: message.title };
      } else if (message.type === "identify") {
        identify(message.identity);
      }
    });
    header.addClose(close);
    onEscape(() => {
      if (!view.escape()) close();
    });
    bridge.post({ type: "ready" });
  } else {
    onEscape(() => view.escape());
    // On a phone, a keyboard that opens by itself covers what the visitor came to read.
    if (matchMedia("(hover: hover)").matches) view.focus();
  }

  const returned = (): void => {
    if (document.visibilityState === "hidden") return;
    client.wake();
    view.looked();
  };
  addEventListener("online", returned);
  addEventListener("offline", () => client.doubt());
  addEventListener("focus", returned);
  addEventListener("pageshow", returned);
  addEventListener("pagehide", () => client.release());
  document.addEventListener("visibilitychange", returned);
  followViewport();
  // Without the token that is coming, a conversation would be opened that isn't the visitor's.
  if (framed.identified !== true) start(null);
}

function onEscape(run: () => void): void {
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !isComposing(event)) run();
  });
}

main();
