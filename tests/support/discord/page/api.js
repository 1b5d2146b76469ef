/** Talks to the simulator. */

/**
 * @param {string} path of the page's API
 * @returns {Promise<any>} the answer
 */
export async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}

/**
 * @param {string} action say, edit, delete, type, slash or thread
 * @param {Record<string, unknown>} body who and what
 * @returns {Promise<void>}
 */
export async function act(action, body) {
  const response = await fetch(`/staff/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-staff-page": "1" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error((await response.json()).error ?? response.statusText);
}

/**
 * @param {{ change(): void, typing(event: { channel: string, name: string, user: string }): void }} listener told of every change
 */
export function listen(listener) {
  const source = new EventSource("/staff/events");
  source.addEventListener("change", () => listener.change());
  source.addEventListener("typing", (event) => listener.typing(JSON.parse(event.data)));
}
