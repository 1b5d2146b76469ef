/** How a {@link HostSite} presents itself. */
export interface HostPage {
  /** The widget's script address. */
  readonly widget: string;
  /** Attributes of the script element, ready made. */
  readonly attributes?: string;
  /** The page's Content-Security-Policy. */
  readonly policy?: string;
  /** What else stands in the body. */
  readonly body?: string;
  /** A script of the site's own, served as a file. */
  readonly script?: string;
  readonly head?: string;
  /** What the page is written in; English when left out. */
  readonly lang?: string;
}

/** Somebody's website, of another origin than the chat's. */
export class HostSite implements AsyncDisposable {
  readonly #pages = new Map<string, HostPage>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  /** Another origin than the chat's: its port is another. */
  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Another site, too, as browsers see it: private windows deny its frames a storage. */
  get foreignOrigin(): string {
    return `http://localhost:${this.#server.addr.port}`;
  }

  /** Puts a page up and gives its address. */
  put(name: string, page: HostPage): string {
    this.#pages.set(`/${name}`, page);
    return `${this.origin}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer({ pathname }: URL): Response {
    const page = this.#pages.get(pathname.replace(/\.js$/, ""));
    if (page === undefined) return new Response("Not found", { status: 404 });
    if (pathname.endsWith(".js")) {
      return new Response(page.script ?? "", { headers: { "Content-Type": "text/javascript" } });
    }
    const own = page.script === undefined ? "" : `<script src="${pathname}.js"></script>`;
    const html = `<!doctype html><html lang="${
      page.lang ?? "en"
    }"><head><meta charset="utf-8"><title>Tea shop</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">${page.head ?? ""}</head>
      <body><main><h1>Tea shop</h1><p>We sell tea.</p>${page.body ?? ""}</main>${own}
      <script src="${page.widget}" async ${page.attributes ?? ""}></script></body></html>`;
    const policy = page.policy === undefined ? {} : { "Content-Security-Policy": page.policy };
    return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8", ...policy } });
  }
}
