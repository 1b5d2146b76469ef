/** The list of channels and threads at the side. */
import { byId, element, shortTime } from "./dom.js";

const SEEN_KEY = "seen";

/** Remembers which message of each thread was seen last. */
const seen = JSON.parse(localStorage.getItem(SEEN_KEY) ?? "{}");

/**
 * @param {any} state what the simulator told
 * @param {string | undefined} open the open thread's id
 * @param {(id: string) => void} choose called with the thread to open
 */
export function showThreads(state, open, choose) {
  byId("guild").textContent = state.guild;
  for (const { places } of state.channels) {
    for (const { id, last } of places) if (id === open && last !== undefined) seen[id] = last.id;
  }
  localStorage.setItem(SEEN_KEY, JSON.stringify(seen));
  let unread = 0;
  const groups = state.channels.map((channel) => {
    const items = channel.places.map((place) => {
      const isNew = place.last !== undefined && seen[place.id] !== place.last.id && place.thread;
      if (isNew) unread++;
      return item(place, { open: place.id === open, isNew }, choose);
    });
    const empty = element("p", { class: "empty" }, "No threads yet. A visitor's first message makes one.");
    return element(
      "section",
      {},
      element("h3", {}, `${channel.forum ? "forum" : "#"} ${channel.name}`),
      ...(items.length > 0 ? items : [empty]),
    );
  });
  byId("threads").replaceChildren(...groups);
  document.title = `${unread > 0 ? `(${unread}) ` : ""}Staff · ${state.guild}`;
}

function item(place, { open, isNew }, choose) {
  const { last } = place;
  const label = place.locked ? "locked" : place.archived ? "archived" : "";
  return element(
    "button",
    {
      type: "button",
      class: `thread${isNew ? " new" : ""}${place.archived ? " archived" : ""}`,
      "aria-current": open ? "true" : "false",
      onclick: () => choose(place.id),
    },
    element("span", { class: "name" }, place.name),
    element("time", {}, last === undefined ? "" : shortTime(last.at)),
    element("span", { class: "last" }, last === undefined ? "" : `${last.author}: ${last.text}`),
    element("span", { class: "label" }, label),
  );
}
