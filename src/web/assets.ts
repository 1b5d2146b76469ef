import { extname } from "node:path";
import { Content } from "./content.ts";

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
  readonly #assets: ReadonlyMap<string, Content>;

  private constructor(assets: ReadonlyMap<string, Content>) {
    this.#assets = assets;
  }

  /** @throws when the folder, or the bundles in it, are missing */
  static load(folder: URL = new URL("../../static/", import.meta.url)): Assets {
    const assets = new Map<string, Content>();
    const walk = (url: URL, prefix: string): void => {
      for (const entry of Deno.readDirSync(url)) {
        if (entry.isDirectory) walk(new URL(`${entry.name}/`, url), `${prefix}${entry.name}/`);
        // Half of a bundle that is being built, for example.
        else if (!entry.name.startsWith(".")) assets.set(prefix + entry.name, read(new URL(entry.name, url)));
      }
    };
    walk(folder, "");
    return new Assets(assets);
  }

  /** Every path, `favicon.svg` for example. */
  get paths(): readonly string[] {
    return [...this.#assets.keys()];
  }

  /** @param path below `static/`, `favicon.svg` for example */
  get(path: string): Content | undefined {
    return this.#assets.get(path);
  }

  /** An HTML file with every `/static/...` address made one that may be cached for ever. */
  page(path: string): string {
    const asset = this.#assets.get(path);
    if (asset === undefined) {
      throw new Error(`Cannot read static/${path}: there is no such file; run "deno task build"`);
    }
    return asset.text.replaceAll(
      /"\/static\/([^"?#]+)"/g,
      (whole, name: string) => {
        const found = this.#assets.get(name);
        return found === undefined ? whole : `"/static/${name}?v=${found.hash}"`;
      },
    );
  }
}

function read(url: URL): Content {
  return new Content(Deno.readFileSync(url), TYPES[extname(url.pathname)] ?? "application/octet-stream");
}
