/**
 * Takes the pictures of the README: the real server, the simulated Discord, a real browser. `deno task screenshots`.
 *
 * @module
 */
import type { BrowserContextOptions } from "playwright-core";
import UPNG from "upng-js";
import { HostSite } from "../../support/host_site.ts";
import { Stage, Visitor } from "./stage.ts";

const FOLDER = new URL("../../../docs/images/", import.meta.url);
const COLOURS = 128;

/** What is said in one language. */
interface Talk {
  readonly locale: string;
  readonly agent: string;
  readonly lines: readonly [string, string, string, string];
}

const ENGLISH: Talk = {
  locale: "en-GB",
  agent: "Mika",
  lines: [
    "Hi! Does the **oolong** come in a bigger bag?",
    "Hello! Yes: **250 g** and **500 g**, both in stock.\n- 250 g: 18 €\n- 500 g: 32 €",
    "Lovely. Can I still change order 4211?",
    "Of course, it leaves tomorrow morning. I have put the 500 g bag in instead. [Your order](https://shop.example/orders/4211)",
  ],
};
const GERMAN: Talk = {
  locale: "de-DE",
  agent: "Mika",
  lines: [
    "Hallo! Gibt es den Oolong auch in einer größeren Tüte?",
    "Guten Tag! Ja: **250 g** und **500 g**, beide vorrätig.\n- 250 g: 18 €\n- 500 g: 32 €",
    "Schön. Kann ich die Bestellung 4211 noch ändern?",
    "Natürlich, sie geht erst morgen früh raus. Ich habe die 500-g-Tüte hineingelegt.",
  ],
};
const ARABIC: Talk = {
  locale: "ar-EG",
  agent: "ميكا",
  lines: [
    "مرحبًا! هل يتوفر شاي أولونغ في عبوة أكبر؟",
    "أهلًا بك! نعم: **250 غ** و **500 غ**، وكلاهما متوفر.",
    "جميل. هل يمكنني تعديل الطلب 4211؟",
    "بالطبع، سيُشحن صباح الغد. وضعت عبوة 500 غ بدلًا منها.",
  ],
};

/** Says the lines in turn, as both sides see them. */
async function converse(stage: Stage, visitor: Visitor, { agent, lines }: Talk): Promise<void> {
  const staff = stage.world.discord.staff(agent);
  const [question, answer, more, end] = lines;
  const plain = question.replaceAll("*", "");
  await visitor.write(plain);
  await visitor.sees(plain, "delivered");
  // The newest thread: every language asks the same.
  const thread = stage.world.discord.threads(stage.world.forum).at(-1)?.id ?? "";
  staff.say(thread, answer);
  await visitor.sees("250");
  await visitor.write(more);
  await visitor.sees(more, "delivered");
  staff.say(thread, end);
  await visitor.messages.locator(".message").nth(3).waitFor();
}

async function shoot(visitor: Visitor, name: string): Promise<void> {
  const { page } = visitor;
  await page.mouse.move(0, 0);
  for (const frame of page.frames()) {
    await frame.evaluate(() =>
      Promise.all(
        document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
          .map(({ finished }) => finished),
      )
    );
  }
  await Deno.writeFile(new URL(name, FOLDER), await smaller(await page.screenshot()));
}

/** The picture in a palette: flat surfaces lose nothing, the file two thirds. */
function smaller(png: Uint8Array): Uint8Array {
  const image = UPNG.decode(png.slice().buffer);
  return new Uint8Array(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}

/** A talk on a screen of its own. */
async function page(stage: Stage, name: string, talk: Talk, options: BrowserContextOptions): Promise<void> {
  await using visitor = await stage.visitor({ locale: talk.locale, deviceScaleFactor: 2, ...options });
  await converse(stage, visitor, talk);
  await shoot(visitor, name);
}

/** The widget on somebody's site. */
async function widget(stage: Stage, site: HostSite): Promise<void> {
  const url = site.put("shop", {
    widget: `${stage.url}/widget.js`,
    attributes: 'data-title="Tea shop" data-color="#7a3b12"',
    head: `<style>body{margin:0;font:17px/1.6 Georgia,serif;background:#fbf6ee;color:#3b2a1c}
      main{max-width:58rem;margin:0 auto;padding:3.5rem 3rem}h1{font-size:2.6rem;margin:0 0 .5rem}
      .row{display:grid;grid-template-columns:repeat(2,13rem);gap:1.2rem;margin-top:2rem}
      .row div{height:9.5rem;border-radius:.8rem;padding:1rem;background:#efe3d0}
      .row div:nth-child(2n){background:#dfe6d3}</style>`,
    body: `<div class="row"><div>Oolong</div><div>Sencha</div><div>Pu-erh</div><div>Rooibos</div></div>`,
  });
  const context = await stage.context({ viewport: { width: 1120, height: 760 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("button", { name: "Open chat" }).click();
  const visitor = new Visitor(page, page.frameLocator("iframe"));
  await visitor.composer.waitFor();
  await converse(stage, visitor, ENGLISH);
  await shoot(visitor, "widget.png");
  await context.close();
}

/** What the visitor sees and what staff see, side by side: the page of the simulator stands for Discord's own. */
async function bothSides(stage: Stage): Promise<void> {
  const half = { width: 760, height: 640 };
  await using visitor = await stage.visitor({ viewport: half });
  await converse(stage, visitor, ENGLISH);
  const context = await stage.context({ viewport: half });
  const staff = await context.newPage();
  await staff.goto(stage.world.discord.url);
  await staff.getByLabel("You are").fill(ENGLISH.agent);
  await staff.locator("#messages").getByText("in stock").waitFor();
  await staff.locator("#messages").getByText("Your order").waitFor();
  await staff.locator("textarea").focus();
  // What stands for a reaction depends on the machine's fonts, which may have no such picture.
  await staff.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".reactions { display: none }");
    document.adoptedStyleSheets = [sheet];
  });
  await visitor.page.mouse.move(0, 0);
  const pictures = [await visitor.page.screenshot(), await staff.screenshot()];
  const images = pictures.map((png) => UPNG.decode(png.slice().buffer));
  const joined = new Uint8Array(2 * half.width * half.height * 4);
  for (const [side, image] of images.entries()) {
    const pixels = new Uint8Array(UPNG.toRGBA8(image)[0] ?? new ArrayBuffer());
    const line = half.width * 4;
    for (let y = 0; y < half.height; y++) {
      joined.set(pixels.subarray(y * line, (y + 1) * line), (2 * y + side) * line);
    }
  }
  const png = UPNG.encode([joined.buffer], 2 * half.width, half.height, COLOURS);
  await Deno.writeFile(new URL("both-sides.png", FOLDER), new Uint8Array(png));
  await context.close();
}

if (import.meta.main) {
  await using site = new HostSite();
  await using stage = await Stage.set({ NAME: "Tea shop", ALLOWED_SITES: site.origin });
  await bothSides(stage);
  await page(stage, "desktop.png", ENGLISH, { viewport: { width: 1000, height: 680 } });
  await page(stage, "dark.png", GERMAN, { viewport: { width: 1000, height: 680 }, colorScheme: "dark" });
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  await page(stage, "phone.png", ENGLISH, phone);
  await page(stage, "right-to-left.png", ARABIC, phone);
  await widget(stage, site);
}
