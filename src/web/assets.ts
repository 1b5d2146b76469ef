import { extname } from "node:path";
import { createHash } from "node:crypto";

/** A file that browsers get. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** The first 16 hexadecimal digits of the content's SHA-256. */
  readonly hash: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
  ".wav": "audio/wav",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Everything under `static/`, read once: from the folder in development, from inside the executable when compiled. */
export class Assets {
  readonly #assets: ReadonlyMap<string, Asset>;

  private constructor(assets: ReadonlyMap<string, Asset>) {
    this.#assets = assets;
  }

  /** @throws when the folder, or the bundles in it, are missing */
  static load(folder: URL = new URL("../../static/", import.meta.url)): Assets {
    const assets = new Map<string, Asset>();
    const walk = (url: URL, prefix: string): void => {
      for (const entry of Deno.readDirSync(url)) {
        if (entry.isDirectory) walk(new URL(`${entry.name}/`, url), `${prefix}${entry.name}/`);
        else assets.set(prefix + entry.name, read(new URL(entry.name, url)));
      }
    };
    walk(folder, "");
    return new Assets(assets);
  }

  /** @param path below `static/`, `style.css` for example */
  get(path: string): Asset | undefined {
    return this.#assets.get(path);
  }

  /** An HTML file with every `/static/...` address made one that may be cached for ever. */
  page(path: string): string {
    const asset = this.#assets.get(path);
    if (asset === undefined) {
      throw new Error(`Cannot read static/${path}: there is no such file; run "deno task build"`);
    }
    return new TextDecoder().decode(asset.bytes).replaceAll(
      /"\/static\/([^"?#]+)"/g,
      (whole, name: string) => {
        const found = this.#assets.get(name);
        return found === undefined ? whole : `"/static/${name}?v=${found.hash}"`;
      },
    );
  }
}

function read(url: URL): Asset {
  const bytes = Deno.readFileSync(url);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return { bytes, hash, type: TYPES[extname(url.pathname)] ?? "application/octet-stream" };
}
