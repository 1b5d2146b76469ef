/** The staff page: threads at the side, the open one beside them, kept live by the simulator's events. */
import { act, get, listen } from "./api.js";
import { setMode, useContext } from "./composer.js";
import { showMessages } from "./conversation.js";
import { byId, element } from "./dom.js";
import { showThreads } from "./thread_list.js";

const TYPING_FOR_MS = 10_000;

const me = byId("me");
me.value = localStorage.getItem("me") ?? "Alice";
me.addEventListener("change", () => {
  localStorage.setItem("me", me.value);
  refresh();
});

let open = location.hash.slice(1) || undefined;
let typingTimer;
let running = false;
let again = false;

/** One at a time; what happens meanwhile is looked at afterwards. */
async function refresh() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    await show();
  } catch {
    // The simulator is away; its event source comes back by itself and refreshes.
  }
  running = false;
  if (again) {
    again = false;
    refresh();
  }
}

async function show() {
  const state = await get("/staff/state");
  const places = state.channels.flatMap((channel) => channel.places);
  // With one conversation there is nothing to choose.
  if (open === undefined && places.length === 1) open = places[0].id;
  const place = places.find(({ id }) => id === open);
  document.body.classList.toggle("reading", place !== undefined);
  showThreads(state, open, choose);
  showPlace(place);
  if (place === undefined) {
    useContext(undefined);
    byId("messages").replaceChildren();
    return;
  }
  const messages = await get(`/staff/messages?channel=${place.id}`);
  useContext({ place, me: () => me.value, commands: state.commands, messages });
  showMessages(place.id, messages, {
    me: me.value,
    reply: (message) => setMode({ kind: "reply", message }),
    edit: (message) => setMode({ kind: "edit", message }),
    remove: (message) => act("delete", { as: me.value, channel: place.id, message: message.id }),
  });
}

function showPlace(place) {
  byId("title").textContent = place?.name ?? "Choose a thread";
  const labels = [place?.archived && "archived", place?.locked && "locked"].filter(Boolean);
  byId("badges").replaceChildren(...labels.map((label) => element("span", { class: "badge" }, label)));
  const change = (edit) => () => act("thread", { as: me.value, channel: place.id, ...edit });
  const button = (label, edit) => element("button", { type: "button", onclick: change(edit) }, label);
  byId("controls").replaceChildren(
    ...(place?.thread
      ? [
        place.archived ? button("Wake", { archived: false }) : button("Archive", { archived: true }),
        ...(place.archived ? [] : [button(place.locked ? "Unlock" : "Lock", { locked: !place.locked })]),
      ]
      : []),
  );
}

function choose(id) {
  open = id;
  history.replaceState(null, "", id === undefined ? location.pathname : `#${id}`);
  byId("typing").textContent = "";
  refresh().then(() => byId("text").focus());
}

byId("back").addEventListener("click", () => choose(undefined));

listen({
  change: refresh,
  typing({ channel, name }) {
    if (channel !== open || name === me.value) return;
    byId("typing").textContent = `${name} is typing…`;
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => byId("typing").textContent = "", TYPING_FOR_MS);
  },
});
refresh();
