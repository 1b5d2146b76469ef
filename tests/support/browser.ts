import { type Browser, chromium } from "playwright-core";

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** No network of its own: a machine without one must not make a test wait. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function findChromium(): Promise<{ readonly path: string; readonly args: readonly string[] }> {
  const named = Deno.env.get("CHROMIUM_PATH");
  if (named !== undefined) return { path: named, args: QUIET };
  for (const path of USUAL_PLACES) {
    const there = await Deno.stat(path).then((info) => info.isFile, () => false);
    if (there) return { path, args: QUIET };
  }
  // Carries a browser inside the npm package; it needs no system packages.
  const { default: bundled } = await import("@sparticuz/chromium");
  return { path: await bundled.executablePath(), args: [...bundled.args, ...QUIET] };
}

/**
 * Starts a real browser: the one that CHROMIUM_PATH names, else one in the usual places, else the one that npm carries.
 *
 * @throws {Error} with a line that says what to install when none of them works
 */
export async function launchBrowser(): Promise<Browser> {
  try {
    const { path, args } = await findChromium();
    return await chromium.launch({ executablePath: path, args: [...args], headless: true });
  } catch (cause) {
    throw new Error(
      "No browser works here: install Chromium (Debian: apt-get install -y chromium) or set CHROMIUM_PATH",
      { cause },
    );
  }
}
