/** Where the staff writes: answers, edits, files and slash commands. */
import { act } from "./api.js";
import { byId, element, size } from "./dom.js";

/** Discord shows a typing sign for ten seconds. */
const TYPING_EVERY_MS = 8000;

const form = byId("composer");
const text = byId("text");
const attach = byId("attach");
let files = [];
let mode;
let lastTyping = 0;
/** @type {{ place: any, me(): string, commands: any[], messages: any[] }} */
let context;

/** @param {typeof context} next what is open, or undefined */
export function useContext(next) {
  if (context?.place.id !== next?.place.id) setMode(undefined);
  context = next;
  form.hidden = next === undefined;
}

/** @param {{ kind: "reply" | "edit", message: any } | undefined} next what sending will do */
export function setMode(next) {
  if (mode?.kind === "edit" || next?.kind === "edit") {
    text.value = next?.kind === "edit" ? next.message.text : "";
  }
  mode = next;
  const label = next?.kind === "edit" ? "Editing" : `Answering ${next?.message.author.name}`;
  byId("mode").hidden = next === undefined;
  byId("mode").replaceChildren(
    element("span", {}, label),
    element("button", { type: "button", onclick: () => setMode(undefined) }, "Cancel"),
  );
  if (next !== undefined) text.focus();
  grow();
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 200)}px`;
}

function showFiles() {
  byId("files").replaceChildren(...files.map((file) => {
    const drop = () => {
      files = files.filter((other) => other !== file);
      showFiles();
    };
    const button = element(
      "button",
      { type: "button", onclick: drop, "aria-label": `Remove ${file.name}` },
      "×",
    );
    return element("li", {}, `${file.name} · ${size(file.size)}`, button);
  }));
}

function showCommands() {
  const [, typed] = /^\/(\S*)$/.exec(text.value) ?? [];
  const fitting = typed === undefined ? [] : context.commands.filter(({ name }) => name.startsWith(typed));
  byId("commands").hidden = fitting.length === 0;
  byId("commands").replaceChildren(...fitting.map((command) => {
    const take = () => {
      text.value = `/${command.name} `;
      text.focus();
      showCommands();
    };
    const options = command.options.map(({ name, required }) => (required ? name : `[${name}]`)).join(" ");
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", onclick: take },
        element("b", {}, `/${command.name} `),
        `${options} `,
        element("small", {}, command.description ?? ""),
      ),
    );
  }));
}

/** `/close all is well` gives everything to the first option; `name:value` chooses one. */
function readCommand(line) {
  const [, name, rest] = /^\/(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = context.commands.find((candidate) => candidate.name === name);
  if (command === undefined) return undefined;
  const options = {};
  let left = rest;
  for (const { name: option } of command.options) {
    const [match, value] = new RegExp(`(?:^|\\s)${option}:("[^"]*"|\\S+)`).exec(left) ?? [];
    if (match === undefined) continue;
    options[option] = value.replace(/^"|"$/g, "");
    left = left.replace(match, "");
  }
  const [first] = command.options;
  if (left.trim() !== "" && first !== undefined && options[first.name] === undefined) {
    options[first.name] = left.trim();
  }
  return { command: name, options };
}

async function toBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

async function send() {
  const base = { as: context.me(), channel: context.place.id };
  const command = text.value.startsWith("/") ? readCommand(text.value) : undefined;
  if (command !== undefined) await act("slash", { ...base, ...command });
  else if (mode?.kind === "edit") await act("edit", { ...base, message: mode.message.id, text: text.value });
  else {
    const uploads = await Promise.all(files.map(async (file) => {
      return { name: file.name, type: file.type || "application/octet-stream", base64: await toBase64(file) };
    }));
    if (text.value.trim() === "" && uploads.length === 0) return;
    await act("say", { ...base, text: text.value, files: uploads, replyTo: mode?.message.id });
  }
  text.value = "";
  files = [];
  lastTyping = 0;
  showFiles();
  setMode(undefined);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = byId("problem");
  problem.hidden = true;
  try {
    await send();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape") setMode(undefined);
  else if (event.key === "ArrowUp" && text.value === "") {
    const own = context.messages.findLast(({ author }) => author.name === context.me() && !author.bot);
    if (own !== undefined) {
      event.preventDefault();
      setMode({ kind: "edit", message: own });
    }
  }
});

text.addEventListener("input", () => {
  grow();
  showCommands();
  if (text.value === "" || text.value.startsWith("/") || Date.now() - lastTyping < TYPING_EVERY_MS) return;
  lastTyping = Date.now();
  act("type", { as: context.me(), channel: context.place.id }).catch(() => {});
});

attach.addEventListener("change", () => {
  files = [...files, ...attach.files];
  attach.value = "";
  showFiles();
});
