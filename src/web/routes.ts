import { Hono } from "hono";
import { compress } from "hono/compress";
import type { Asset, Assets } from "./assets.ts";
import { securityHeaders } from "./headers.ts";

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
  readonly allowedSites: readonly string[];
  readonly readiness: () => Readiness;
}

/** The whole HTTP surface but for `/ws`. */
export function makeRoutes(options: RoutesOptions): Hono {
  const { assets, readiness } = options;
  const headers = securityHeaders(options.allowedSites);
  const page = fillPage(assets.page("index.html"), options);
  const app = new Hono();

  app.use(compress());
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  });

  for (const path of ["/", "/embed"]) {
    app.get(path, (context) => {
      context.header("Cache-Control", "no-cache");
      return context.html(page);
    });
  }
  app.get(
    "/widget.js",
    (context) => serveAsset(assets.get("dist/widget.js"), context.req.raw, "no-cache", true),
  );
  app.get("/static/:path{.+}", (context) => {
    const asset = assets.get(context.req.param("path"));
    const pinned = asset !== undefined && context.req.query("v") === asset.hash;
    return serveAsset(
      asset,
      context.req.raw,
      pinned ? "public, max-age=31536000, immutable" : "no-cache",
      false,
    );
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    const { ready, reason = "not ready" } = readiness();
    return ready ? context.text("ok\n") : context.text(`${reason}\n`, 503);
  });
  app.notFound((context) => context.text("Not found\n", 404));
  return app;
}

function serveAsset(asset: Asset | undefined, request: Request, cache: string, anywhere: boolean): Response {
  if (asset === undefined) return new Response("Not found\n", { status: 404 });
  const etag = `"${asset.hash}"`;
  const headers: Record<string, string> = { ETag: etag, "Cache-Control": cache };
  if (anywhere) headers["Cross-Origin-Resource-Policy"] = "cross-origin";
  if (request.headers.get("If-None-Match")?.includes(etag)) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(asset.bytes, { headers: { ...headers, "Content-Type": asset.type } });
}

function fillPage(html: string, { name, greeting }: RoutesOptions): string {
  const config = escapeAttribute(JSON.stringify({ name, greeting: greeting ?? null }));
  return html.replaceAll("{{config}}", config).replaceAll("{{name}}", escapeAttribute(name));
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}
