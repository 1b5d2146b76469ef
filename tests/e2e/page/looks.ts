import axe from "axe-core";
import type { BrowserContextOptions, Frame, Page } from "playwright-core";

/** How the chat may look. */
export const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: "light", locale: "en-GB" },
  dark: { colorScheme: "dark", locale: "ja-JP" },
  "right to left": { colorScheme: "light", locale: "ar-EG" },
};

/** What axe finds wrong, one line each. Half-seen colours of a running animation are no colours: those end first. */
export async function violations(page: Page | Frame, where: string): Promise<string[]> {
  await page.evaluate(() =>
    Promise.all(
      document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
        .map(({ finished }) => finished.catch(() => {})),
    )
  );
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    return (await engine.run()).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${where}: ${id}: ${html} ${failureSummary}`)
  );
}
