/**
 * The ways in which a file gets into the composer: chosen, pasted, dropped.
 *
 * @module
 */

/**
 * Takes files from an input, the clipboard and drag and drop.
 *
 * @param input The file input.
 * @param text The field that is pasted into.
 * @param hint What is shown while a file hovers over the page.
 * @param take What to do with them.
 * @param enabled Whether files are taken at all; else the browser does what it always does.
 */
export function takeFiles(
  input: HTMLInputElement,
  text: HTMLElement,
  hint: string,
  take: (files: readonly File[]) => void,
  enabled: () => boolean,
): void {
  input.addEventListener("change", () => {
    take([...input.files ?? []]);
    input.value = "";
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (files.length === 0 || !enabled()) return;
    event.preventDefault();
    take(files);
  });
  document.body.dataset["drop"] = hint;
  const hover = (event: DragEvent, on: boolean): void => {
    if (!enabled() || event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", on);
  };
  addEventListener("dragover", (event) => hover(event, true));
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hover(event, false);
  });
  addEventListener("drop", (event) => {
    hover(event, false);
    if (enabled() && event.dataTransfer !== null) take([...event.dataTransfer.files]);
  });
}
