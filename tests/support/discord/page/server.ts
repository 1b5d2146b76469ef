/** The staff page: for people who try ChatBox50, not for tests. Everything it does, a {@link StaffMember} does. */
import { DiscordError } from "../errors.ts";
import type { StaffMember } from "../staff.ts";
import type { World } from "../world.ts";
import { commandOptions, messagesView, stateView } from "./views.ts";

/** Files of the page by path; nothing else is read. */
const FILES: Record<string, readonly [name: string, type: string]> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/thread_list.css": ["thread_list.css", "text/css; charset=utf-8"],
  "/conversation.css": ["conversation.css", "text/css; charset=utf-8"],
  "/composer.css": ["composer.css", "text/css; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/dom.js": ["dom.js", "text/javascript; charset=utf-8"],
  "/api.js": ["api.js", "text/javascript; charset=utf-8"],
  "/thread_list.js": ["thread_list.js", "text/javascript; charset=utf-8"],
  "/conversation.js": ["conversation.js", "text/javascript; charset=utf-8"],
  "/composer.js": ["composer.js", "text/javascript; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Changes in this time make one event. */
const EVENT_PAUSE_MS = 40;

/** What the page posts. */
interface StaffAction {
  as: string;
  channel: string;
  message?: string;
  text?: string;
  replyTo?: string;
  files?: { name: string; type: string; base64: string }[];
  command?: string;
  options?: Record<string, string>;
  archived?: boolean;
  locked?: boolean;
}

/** Serves the page and its small API. */
export class StaffPage {
  readonly #world: World;
  readonly #staff: (name: string) => StaffMember;
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();
  #pending: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param world what it shows
   * @param staff who acts, by name
   */
  constructor(world: World, staff: (name: string) => StaffMember) {
    this.#world = world;
    this.#staff = staff;
    world.onChange(() => this.#announce());
    world.onDispatch(({ t, d }) => {
      if (t !== "TYPING_START") return;
      const { channel_id: channel, user_id: user } = d as { channel_id: string; user_id: string };
      const { globalName, username } = world.user(user);
      this.#push("typing", { channel, user, name: globalName ?? username });
    });
  }

  /**
   * @param request anything that is not Discord's API
   * @returns the page, its files, or an answer of its API
   */
  async handle(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const file = FILES[pathname];
    if (request.method === "GET" && file !== undefined) return await serveFile(...file);
    if (request.method === "GET" && pathname === "/staff/events") return this.#events();
    if (request.method === "GET" && pathname === "/staff/state") return Response.json(stateView(this.#world));
    if (request.method === "GET" && pathname === "/staff/messages") {
      return Response.json(messagesView(this.#world, searchParams.get("channel") ?? ""));
    }
    // A header that other sites can't send without asking first.
    if (request.method === "POST" && pathname.startsWith("/staff/") && request.headers.has("x-staff-page")) {
      return await this.#act(pathname.slice("/staff/".length), request);
    }
    if (pathname !== "/favicon.ico") {
      this.#world.transcript.add(
        "loud",
        `UNKNOWN PATH ${request.method} ${pathname}: neither Discord's nor the page's`,
      );
    }
    return Response.json(new DiscordError("notFound").toBody(), { status: 404 });
  }

  /** Ends its live connections. */
  close(): void {
    clearTimeout(this.#pending);
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  async #act(name: string, request: Request): Promise<Response> {
    try {
      const action = await request.json() as StaffAction;
      this.#perform(name, action);
      return Response.json({});
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return Response.json({ error: message }, { status: 400 });
    }
  }

  #perform(name: string, action: StaffAction): void {
    const member = this.#staff(action.as.trim() || "Staff");
    const { channel, message = "", text = "", replyTo, files = [], command = "", options = {} } = action;
    switch (name) {
      case "say":
        member.say(channel, text, {
          ...(replyTo === undefined ? {} : { replyTo }),
          files: files.map((file) => ({ ...file, data: Uint8Array.fromBase64(file.base64) })),
        });
        return;
      case "edit":
        member.edit(channel, message, text);
        return;
      case "delete":
        return member.delete(channel, message);
      case "type":
        return member.type(channel);
      case "slash":
        member.slash(channel, command, commandOptions(this.#world, command, options));
        return;
      case "thread": {
        const { archived, locked } = action;
        return member.editThread(channel, {
          ...(archived === undefined ? {} : { archived }),
          ...(locked === undefined ? {} : { locked }),
        });
      }
      default:
        throw new TypeError(`Cannot ${name}: the page knows say, edit, delete, type, slash and thread`);
    }
  }

  #events(): Response {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#streams.add(controller);
        controller.enqueue(this.#encoder.encode("retry: 500\nevent: change\ndata: {}\n\n"));
      },
      cancel: () => {
        if (own !== undefined) this.#streams.delete(own);
      },
    });
    return new Response(stream, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  }

  #announce(): void {
    if (this.#streams.size === 0 || this.#pending !== undefined) return;
    this.#pending = setTimeout(() => {
      this.#pending = undefined;
      this.#push("change", {});
    }, EVENT_PAUSE_MS);
  }

  #push(event: string, data: unknown): void {
    const chunk = this.#encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    for (const stream of this.#streams) stream.enqueue(chunk);
  }
}

async function serveFile(name: string, type: string): Promise<Response> {
  const bytes = await Deno.readFile(new URL(name, import.meta.url));
  return new Response(bytes, {
    headers: {
      "content-type": type,
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
