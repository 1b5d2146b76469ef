/**
 * Asks before something can't be undone. Embedded frames may not use the browser's own `confirm`.
 *
 * @module
 */
import { element } from "./dom.ts";

/** The words of a question. */
export interface Question {
  readonly text: string;
  /** What is going to happen, on the button that does it. */
  readonly yes: string;
  readonly no: string;
}

/**
 * Asks in a modal dialog: the rest of the page rests, Escape means no, and the focus goes back to where it was.
 *
 * @param question The words.
 * @returns Whether the answer was yes.
 */
export function confirmed(question: Question): Promise<boolean> {
  let resolve: (answer: boolean) => void = () => {};
  const promise = new Promise<boolean>((settle) => resolve = settle);
  const answer = (value: "yes" | "no", label: string): HTMLButtonElement =>
    element("button", {
      class: `answer answer-${value}`,
      attributes: { type: "button" },
      on: { click: () => dialog.close(value) },
    }, label);
  const dialog = element(
    "dialog",
    {
      class: "confirmation",
      attributes: { "aria-labelledby": "question", role: "alertdialog" },
      on: {
        // In the widget, Escape outside of the dialog closes the whole panel.
        keydown: (event) => event.stopPropagation(),
        click: (event) => {
          if (event.target === dialog) dialog.close("no");
        },
        close: () => {
          dialog.remove();
          resolve(dialog.returnValue === "yes");
        },
      },
    },
    element(
      "div",
      { class: "confirmation-inside" },
      element("p", { attributes: { id: "question" } }, question.text),
      element("div", { class: "answers" }, answer("no", question.no), answer("yes", question.yes)),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return promise;
}
