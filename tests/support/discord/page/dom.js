/** Small helpers to build elements. Text only ever becomes text nodes. */

/**
 * @param {string} tag the element
 * @param {Record<string, string | boolean | EventListener>} attributes listeners begin with `on`
 * @param {(Node | string | undefined)[]} children text or nodes
 * @returns {HTMLElement} the element
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

/**
 * @param {string} id of an element that is in the page
 * @returns {HTMLElement} it
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * @param {string} at an ISO time
 * @returns {string} the time of day, with the date unless it is today
 */
export function shortTime(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return today ? time : `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

/**
 * @param {number} bytes a size
 * @returns {string} in words
 */
export function size(bytes) {
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
    ? `${Math.round(bytes / 1024)} KB`
    : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/**
 * @param {string} name a person's
 * @returns {HTMLElement} a round picture with the first letter, in a colour that goes with the name
 */
export function avatar(name) {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)) % 6;
  return element(
    "span",
    { class: `avatar tone${hash}`, "aria-hidden": "true" },
    [...name][0]?.toUpperCase() ?? "?",
  );
}
