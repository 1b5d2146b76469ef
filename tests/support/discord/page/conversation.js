/** The open thread: its messages and what can be done with each. */
import { avatar, byId, element, shortTime, size } from "./dom.js";

/** Messages of one author within this time stand together. */
const GROUP_MS = 5 * 60_000;
/** This near to the end counts as being there. */
const END_PX = 80;

let shown;

/**
 * Shows messages and stays at the end when the reader was there.
 *
 * @param {string} placeId of the thread they are from
 * @param {any[]} messages oldest first
 * @param {{ me: string, reply(message: any): void, edit(message: any): void, remove(message: any): void }} actions
 */
export function showMessages(placeId, messages, actions) {
  const list = byId("messages");
  const atEnd = placeId !== shown || list.scrollHeight - list.scrollTop - list.clientHeight < END_PX;
  shown = placeId;
  let before;
  list.replaceChildren(...messages.map((message) => {
    const joined = before !== undefined && before.author.id === message.author.id &&
      before.system === undefined &&
      message.replyTo === undefined && Date.parse(message.at) - Date.parse(before.at) < GROUP_MS;
    before = message;
    return row(message, joined, actions);
  }));
  if (!atEnd) return;
  const toEnd = () => list.scrollTop = list.scrollHeight;
  for (const picture of list.querySelectorAll("img")) picture.addEventListener("load", toEnd);
  toEnd();
}

function row(message, joined, actions) {
  const { author } = message;
  if (message.system !== undefined) {
    return element("li", { class: "system" }, `${author.name} ${message.system} ${message.text}`);
  }
  const own = author.name === actions.me && !author.bot;
  return element(
    "li",
    { class: `message${joined ? " joined" : ""}${message.ephemeral ? " ephemeral" : ""}` },
    joined ? undefined : avatar(author.name),
    message.replyTo === undefined
      ? undefined
      : element("p", { class: "reply" }, `↳ ${message.replyTo.author}: ${message.replyTo.text}`),
    joined ? undefined : element(
      "p",
      { class: "head" },
      element("b", {}, author.name),
      author.bot ? element("span", { class: "app" }, "app") : undefined,
      element("time", { datetime: message.at }, shortTime(message.at)),
    ),
    message.text === "" ? undefined : element(
      "p",
      { class: "text" },
      ...message.parts.map(part),
      message.edited ? element("small", {}, " (edited)") : undefined,
    ),
    ...message.links.map((link) =>
      element("a", { class: "link", href: safe(link.url), rel: "noreferrer", target: "_blank" }, link.title)
    ),
    ...message.files.map(file),
    message.reactions.length === 0 ? undefined : element(
      "p",
      { class: "reactions" },
      ...message.reactions.map(({ emoji, count }) => element("span", {}, `${emoji} ${count}`)),
    ),
    message.ephemeral ? element("small", {}, "Only you can see this") : tools(message, own, actions),
  );
}

/** A stretch of text, inside the elements that format it. */
function part({ text, as }) {
  return as.reduceRight((inner, tag) => element(tag, {}, inner), text);
}

function tools(message, own, { reply, edit, remove }) {
  const button = (label, action) =>
    element("button", { type: "button", onclick: () => action(message) }, label);
  return element(
    "span",
    { class: "tools" },
    button("Reply", reply),
    own ? button("Edit", edit) : undefined,
    own ? button("Delete", remove) : undefined,
  );
}

function file({ name, url, type, size: bytes }) {
  const path = new URL(url, location.href);
  // Through the address this page was opened with, so that the picture counts as its own.
  const href = path.pathname + path.search;
  const picture = type.startsWith("image/") ? element("img", { src: href, alt: name }) : undefined;
  return element(
    "a",
    { class: "file", href, target: "_blank", download: picture === undefined ? name : false },
    picture,
    element("span", {}, `${name} · ${size(bytes)}`),
  );
}

function safe(url) {
  return /^https?:/i.test(url) ? url : "#";
}
