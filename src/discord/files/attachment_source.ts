import { DiscordUnreachable } from "../errors.ts";
import { whyUnreachable } from "../rest/unreachable.ts";

/**
 * Where Discord keeps attachments; nothing else that a message names is fetched, since this program may reach what others may not.
 * https://discord.com/developers/docs/reference#signed-attachment-cdn-urls
 */
const CDN_HOSTS: readonly string[] = ["cdn.discordapp.com", "media.discordapp.net"];

/** How often an answer may name another address, which has to be one of these, too. */
const MAX_REDIRECTS = 3;

/** An address that no attachment of Discord's has. */
export class ForeignAddressError extends Error {
  override readonly name = "ForeignAddressError";
}

/** Options of {@link fetchAttachment}. */
export interface FetchAttachmentOptions {
  /** Of the REST API when it is not Discord's: such a server keeps its files itself. */
  readonly apiUrl: string | undefined;
  /** How long it may take, the reading of the answer included, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What is being done, for errors; `copy an attachment` when left out. */
  readonly action?: string;
}

const ACTION = "copy an attachment";

/**
 * Fetches an attachment. Its address, which is signed, and its name are in no error.
 *
 * @param url as the message names it
 * @returns the bytes, to be read within the time
 * @throws {ForeignAddressError} when it is elsewhere
 * @throws {DiscordUnreachable} when it cannot be had now; so does reading the bytes
 */
export async function fetchAttachment(
  url: string,
  options: FetchAttachmentOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { timeoutMs, action = ACTION } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  let at = new URL(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    demandOwn(at, options.apiUrl);
    const response = await answerOf(at, { signal, timeoutMs, action });
    if (response.ok && response.body !== null) {
      return reading(response.body, { host: at.host, timeoutMs, action });
    }
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) {
      throw new DiscordUnreachable(action, response.status, `from ${at.host}`, { sent: true });
    }
    at = new URL(location, at);
  }
  throw new DiscordUnreachable(
    action,
    undefined,
    `${at.host} sends from one address to another`,
    {
      sent: true,
    },
  );
}

/** What an error tells. */
interface About {
  readonly action: string;
  readonly host: string;
  readonly timeoutMs: number;
}

async function answerOf(
  url: URL,
  { signal, ...about }: Omit<About, "host"> & { readonly signal: AbortSignal },
): Promise<Response> {
  try {
    return await fetch(url, { signal, redirect: "manual" });
  } catch (error) {
    throw unreachable(error, { ...about, host: url.host });
  }
}

/** The same bytes; what is thrown while they come holds the address, too. */
function reading(body: ReadableStream<Uint8Array>, about: About): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(unreachable(error, about));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function unreachable(error: unknown, { action, host, timeoutMs }: About): DiscordUnreachable {
  const { reason, sent } = whyUnreachable(error, host, timeoutMs);
  return new DiscordUnreachable(action, undefined, reason, { sent });
}

function demandOwn(url: URL, apiUrl: string | undefined): void {
  if (url.username !== "" || url.password !== "") {
    throw new ForeignAddressError("Cannot copy an attachment: its address names a user");
  }
  if (url.protocol === "https:" && CDN_HOSTS.includes(url.host)) return;
  if (apiUrl !== undefined) {
    const api = new URL(apiUrl);
    if (url.host === api.host && (url.protocol === "https:" || url.protocol === api.protocol)) return;
  }
  const allowed = apiUrl === undefined ? CDN_HOSTS : [...CDN_HOSTS, new URL(apiUrl).host];
  throw new ForeignAddressError(
    `Cannot copy an attachment: it is at ${url.protocol}//${url.host}, allowed is ${allowed.join(", ")}`,
  );
}
