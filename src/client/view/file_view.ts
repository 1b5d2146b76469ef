/**
 * A file of a message: a picture, or a button that downloads it.
 *
 * @module
 */
import type { FileInfo } from "../../web/protocol.ts";
import { type FileTransfer, isShown } from "../upload.ts";
import type { ViewContext } from "./context.ts";
import { element, setText } from "./dom.ts";
import { icon } from "./icons.ts";

/** The largest a picture is shown, in CSS pixels. */
const MAX_WIDTH = 384;
const MAX_HEIGHT = 320;
/** The smallest: a finger must find it. */
const MIN_SIDE = 44;

/**
 * Makes the element of a file.
 *
 * @param file The file.
 * @param transfer Loads it.
 * @param context Words and formats.
 * @returns The element; a picture has its final size from the start.
 */
export function fileElement(file: FileInfo, transfer: FileTransfer, context: ViewContext): HTMLElement {
  return isShown(file) ? picture(file, transfer, context) : download(file, transfer, context);
}

function picture(file: FileInfo, transfer: FileTransfer, context: ViewContext): HTMLElement {
  const { width = 1, height = 1 } = file;
  const least = Math.max(1, MIN_SIDE / Math.max(width, height));
  const scale = Math.min(least, MAX_WIDTH / width, MAX_HEIGHT / height);
  const image = element("img", {
    attributes: {
      alt: file.name,
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
      decoding: "async",
    },
  });
  const button = element("button", {
    class: "picture",
    attributes: { type: "button", title: file.name, "aria-label": context.strings.download(file.name) },
    on: { click: () => void save(file, transfer, button) },
  }, image);
  let near = false;
  const load = async (): Promise<void> => {
    try {
      const url = await transfer.load(file.id);
      button.classList.remove("broken");
      image.alt = file.name;
      if (near) image.src = url;
    } catch {
      button.classList.add("broken");
      image.alt = `${file.name}: ${context.strings.downloadFailed}`;
    }
  };
  // Pictures are loaded while the reader is near them: a long conversation has more than a page can hold. The margin counts
  // at the edges of the list only.
  const observer = new IntersectionObserver((entries) => {
    const wasNear = near;
    near = entries.at(-1)?.isIntersecting ?? near;
    if (near && !wasNear) void load();
    if (!near) image.removeAttribute("src");
  }, { root: document.getElementById("log"), rootMargin: "800px" });
  observer.observe(button);
  return button;
}

function download(file: FileInfo, transfer: FileTransfer, context: ViewContext): HTMLElement {
  const { strings, formats } = context;
  const size = element("span", { class: "file-size" }, formats.size(file.size));
  const button = element(
    "button",
    {
      class: "file",
      attributes: { type: "button", title: strings.download(file.name) },
      on: {
        click: async () => {
          if (!await save(file, transfer, button)) setText(size, strings.downloadFailed);
        },
      },
    },
    icon("file"),
    element("span", { class: "file-name", attributes: { dir: "auto" } }, element("bdi", {}, file.name)),
    size,
    icon("download"),
  );
  return button;
}

async function save(file: FileInfo, transfer: FileTransfer, button: HTMLElement): Promise<boolean> {
  button.classList.add("busy");
  try {
    const href = await transfer.load(file.id);
    element("a", { attributes: { href, download: file.name } }).click();
    return true;
  } catch {
    return false;
  } finally {
    button.classList.remove("busy");
  }
}
