import { type Context, Hono } from "hono";
import { ChatBoxError, type Clock, type Logger, type Uuid } from "../core/mod.ts";
import { answer, answerJson, methodNotAllowed } from "./answers.ts";
import type { Assets } from "./assets.ts";
import type { AvatarPaths } from "./avatars/avatar_paths.ts";
import type { Avatars } from "./avatars/avatars.ts";
import { Content } from "./content.ts";
import { conversationOf } from "./files/bearer.ts";
import { download } from "./files/download.ts";
import type { VisitorFiles } from "./files/ports.ts";
import type { StaffLinks } from "./files/staff_links.ts";
import type { TransferLimits } from "./files/transfer_limits.ts";
import { upload } from "./files/upload.ts";
import { FILE_POLICY } from "./headers.ts";
import type { Identity } from "./identity.ts";
import type { ClientAddress } from "./limits/client_address.ts";
import type { VisitorLimits } from "./limits/visitor_limits.ts";
import { directionOf, localeFor, PAGE_LOCALES, type PageLocale } from "./page_locale.ts";
import { Caching, serveContent } from "./serve_content.ts";

/** Whether the server can do its work. */
export interface Readiness {
  readonly ready: boolean;
  /** What is missing. */
  readonly reason?: string;
}

/** What the routes show. */
export interface RoutesOptions {
  readonly assets: Assets;
  readonly name: string;
  readonly greeting: string | undefined;
  readonly readiness: () => Readiness;
  readonly identity: Identity;
  readonly files: VisitorFiles;
  readonly staffLinks: StaffLinks;
  readonly avatarPaths: AvatarPaths;
  readonly avatars: Avatars;
  /** Whether staff want to hear nothing from a visitor. */
  readonly isBlocked: (uid: Uuid) => Promise<boolean>;
  readonly rates: VisitorLimits;
  readonly transfers: TransferLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What comes with every request. */
export interface RequestInfo {
  readonly client: ClientAddress;
}

type Routes = Hono<{ Bindings: RequestInfo }>;

/** Compared with its own element only, a page in any site's frame is no secret; scripts of any site may load the loader. */
const ANYWHERE = { "Cross-Origin-Resource-Policy": "cross-origin" };

/** The whole HTTP surface but for `/ws`. */
export function makeRoutes(options: RoutesOptions): Routes {
  const { assets, readiness, identity, files, staffLinks, avatarPaths, avatars, transfers } = options;
  const { isBlocked, logger } = options;
  const pages = new Map(PAGE_LOCALES.map((locale) => [locale, fillPage(options, locale)]));
  const app: Routes = new Hono();

  for (const path of ["/", "/embed"]) {
    app.get(path, (context) => {
      const locale = localeFor(context);
      const headers = { ...ANYWHERE, "Content-Language": locale, Vary: "Accept-Language" };
      return found(context, pages.get(locale), Caching.asked, headers);
    });
  }
  app.get("/widget.js", (context) => found(context, assets.get("dist/widget.js"), Caching.asked, ANYWHERE));
  app.get("/static/:path{.+}", (context) => {
    const asset = assets.get(context.req.param("path"));
    const isPinned = asset !== undefined && context.req.query("v") === asset.hash;
    return found(context, asset, isPinned ? Caching.forever : Caching.asked);
  });

  app.post("/upload", async (context) => {
    const uid = await conversationOf(context.req.header("Authorization"), identity);
    if (uid === undefined) return unauthorized();
    if (await isBlocked(uid)) {
      return answerJson({ code: "blocked", message: "Cannot upload: blocked" }, { status: 403 });
    }
    const outcome = await upload(context.req.raw, { uid, prefix: context.env.client.prefix }, options);
    if ("file" in outcome) return answerJson(outcome.file);
    const { status, ...refusal } = outcome.refusal;
    const { retryAfterMs } = refusal;
    const headers = retryAfterMs === undefined
      ? {}
      : { "Retry-After": String(Math.ceil(retryAfterMs / 1000)) };
    return answerJson(refusal, { status, headers });
  });
  app.get("/files/:id", async (context) => {
    const key = context.req.query("key");
    if (key !== undefined) {
      const opened = staffLinks.opens(context.req.param("id"), key)
        ? await files.find(context.req.param("id"))
        : undefined;
      return opened === undefined
        ? notFound()
        : await download(opened, context.req.raw, { ...options, prefix: context.env.client.prefix });
    }
    const uid = await conversationOf(context.req.header("Authorization"), identity);
    if (uid === undefined) return unauthorized();
    const file = await files.find(context.req.param("id"));
    // Whether somebody else has such a file is nobody's business.
    if (file === undefined || file.uid !== uid) return notFound();
    return await download(file, context.req.raw, { ...options, prefix: context.env.client.prefix });
  });

  app.get("/avatars/:name", async (context) => {
    const name = avatarPaths.nameOf(context.req.param("name"));
    if (name === undefined) return notFound();
    const { prefix } = context.env.client;
    const picture = await avatars.find(name, () => transfers.download(prefix));
    if (picture === "gone") return notFound();
    if (typeof picture === "string") return notNow(picture === "busy" ? 2 : 30);
    // Its path names what it is: a picture that is changed gets another.
    const headers = { "Content-Security-Policy": FILE_POLICY };
    return await serveContent(context, picture, { caching: Caching.forever, headers });
  });

  app.get("/healthz", () => answer("ok"));
  app.get("/readyz", () => {
    const { ready, reason = "not ready" } = readiness();
    return ready ? answer("ok") : answer(reason, { status: 503 });
  });
  for (const [path, routes] of Map.groupBy(app.routes, ({ path }) => path)) {
    // Hono answers HEAD by what answers GET.
    const allowed = routes.map(({ method }) => method === "GET" ? "GET, HEAD" : method).join(", ");
    app.all(path, () => methodNotAllowed(allowed));
  }
  app.notFound(notFound);
  app.onError((error, context) => {
    const isPassing = error instanceof ChatBoxError && error.code === "overloaded";
    logger.error("A request failed", { path: context.req.path, error });
    return isPassing
      ? answer("Overloaded, try again later", { status: 503, headers: { "Retry-After": "2" } })
      : answer("Internal server error", { status: 500 });
  });
  return app;
}

function found(
  context: Context,
  content: Content | undefined,
  caching: string,
  headers: Readonly<Record<string, string>> = {},
): Response | Promise<Response> {
  return content === undefined ? notFound() : serveContent(context, content, { caching, headers });
}

function notFound(): Response {
  return answer("Not found", { status: 404 });
}

/** The page then shows the first letter of the name. */
function notNow(seconds: number): Response {
  return answer("Not to be had now", { status: 503, headers: { "Retry-After": String(seconds) } });
}

/** RFC 9110 section 15.5.2 asks for the challenge. */
function unauthorized(): Response {
  const refusal = { code: "forbidden", message: "Cannot go on: the session is missing or not known" };
  return answerJson(refusal, { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
}

function fillPage({ assets, name, greeting }: RoutesOptions, locale: PageLocale): Content {
  const config = escapeAttribute(JSON.stringify({ name, greeting: greeting ?? null, locale }));
  const html = assets.page("index.html").replaceAll("{{config}}", () => config)
    .replaceAll("{{name}}", () => escapeAttribute(name))
    .replace("{{lang}}", locale).replace("{{dir}}", directionOf(locale));
  return new Content(new TextEncoder().encode(html), "text/html; charset=utf-8");
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}
