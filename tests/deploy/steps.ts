import { equal, match } from "node:assert/strict";
import type { AcmeResponder } from "../support/acme/responder.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";
import { SocketClient } from "../support/socket_client.ts";
import type { BareDebian } from "./bare_debian.ts";

/** What the page's commands meet. */
export interface Surroundings {
  readonly debian: BareDebian;
  readonly discord: DiscordSimulator;
  readonly forum: string;
  readonly acme: AcmeResponder;
}

/** What happens around one command of the page, and what it has to show. */
export interface Step {
  /** The first command that contains it is meant. */
  readonly of: string;
  readonly before?: () => Promise<void>;
  /** What the page's words stand for here. */
  readonly instead?: () => readonly (readonly [string, string])[];
  /** What the output has to contain. */
  readonly expect?: RegExp;
  /** Looks at what came of it. */
  readonly after?: (output: string) => Promise<void>;
}

const URL_HERE = "http://127.0.0.1:8000";
const CONFIG = "/etc/chatbox50/chatbox50.conf";
/** Where the settings lie while a step tries others. */
const CONFIG_ASIDE = `${CONFIG}.aside`;
/** Where certbot keeps the certificate. */
const LINEAGE = "/etc/letsencrypt/live/chat.example.com";
const UID_OF_PAGE = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

/** Everything around the commands; those without a step only have to end well. */
export function stepsOf({ debian, discord, forum, acme }: Surroundings): readonly Step[] {
  let uid = "";
  let session: string | null = null;

  async function root(command: string): Promise<string> {
    const { code, output } = await debian.type(`sudo sh -c '${command}'`);
    if (code !== 0) throw new Error(`${command}: ended with ${code}: ${output}`);
    return output;
  }
  /** A visitor says something, and it arrives in Discord. */
  async function say(content: string): Promise<void> {
    await using visitor = await SocketClient.hello(URL_HERE, session);
    const welcome = await visitor.next();
    uid = String(welcome.uid);
    session = typeof welcome.session === "string" ? welcome.session : session;
    visitor.send({ type: "send", cid: crypto.randomUUID(), content });
    await visitor.nextOf("delivered");
  }
  async function history(): Promise<string> {
    await using visitor = await SocketClient.hello(URL_HERE, session);
    return JSON.stringify(await visitor.next());
  }
  const sameVisitor = (): readonly (readonly [string, string])[] => [[UID_OF_PAGE, uid]];
  const mainPid = async (): Promise<string> =>
    (await debian.type("systemctl show -P MainPID chatbox50")).output.trim();
  const makeCertificate = async (): Promise<void> =>
    void await root(
      `mkdir -p ${LINEAGE} && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=chat.example.com ` +
        `-addext subjectAltName=DNS:chat.example.com -keyout ${LINEAGE}/privkey.pem -out ${LINEAGE}/fullchain.pem`,
    );
  /** Waits until the program serves what lies in certbot's folder. */
  const untilServed = async (): Promise<void> => {
    const print = "openssl x509 -noout -fingerprint";
    const connect = "openssl s_client -connect 127.0.0.1:443 -servername chat.example.com";
    await root(
      `wanted=$(${print} -in ${LINEAGE}/fullchain.pem); for i in $(seq 60); do ` +
        `served=$(${connect} </dev/null 2>/dev/null | ${print} 2>/dev/null); ` +
        `[ "$served" = "$wanted" ] && exit 0; sleep 0.5; done; exit 1`,
    );
  };
  /** The other way without a proxy, with the files that the commands before have put there, and after a renewal. */
  const certificateFiles = async (): Promise<void> => {
    const ours = "/etc/chatbox50/tls";
    await root(
      `cp ${CONFIG_ASIDE} ${CONFIG} && sed -i -e "s/^PORT=.*/PORT=443/" -e "s/^HOST=.*/HOST=0.0.0.0/" ${CONFIG} && ` +
        `printf "TLS_CERT=${ours}/fullchain.pem\\nTLS_KEY=${ours}/privkey.pem\\n" >> ${CONFIG} && ` +
        `systemctl restart chatbox50`,
    );
    await untilServed();
    equal(
      await root(`stat -c "%a %U %G" ${ours} ${ours}/privkey.pem`),
      "750 root chatbox50-tls\n640 root chatbox50-tls",
    );
    // As the service sees them, whose group is not everybody's.
    equal((await root("chatbox50-admin check")).includes("FAIL"), false);
    await makeCertificate();
    await root(`RENEWED_LINEAGE=${LINEAGE} /usr/local/sbin/chatbox50-certificate`);
    await untilServed();
  };
  const answers = async (): Promise<void> => void await say("Still there?");

  return [
    {
      of: "sudoedit",
      instead: () => [[
        "sudoedit",
        `SUDO_EDITOR="sed -i -e s|^DISCORD_TOKEN=.*|DISCORD_TOKEN=${discord.token}| -e \\$aDISCORD_API_URL=${discord.url}" sudoedit`,
      ]],
      after: async () => equal(await root(`stat -c "%a %U" ${CONFIG}`), "600 root"),
    },
    {
      of: "chatbox50-admin check",
      before: async () => {
        // A mistyped key is refused.
        await root(`cp ${CONFIG} ${CONFIG_ASIDE} && echo RETENTION_DAY=1 >> ${CONFIG}`);
        const { code, output } = await debian.type("sudo chatbox50-admin check");
        equal(code, 78, output);
        match(output, /unknown key "RETENTION_DAY", did you mean RETENTION_DAYS\?/);
        await root(`mv ${CONFIG_ASIDE} ${CONFIG}`);
      },
      expect:
        /^ok {4}Configuration: .*\nok {4}Database: .* will be made at the first start\n(?:ok {4}.*\n)+ok {4}.*$/,
    },
    {
      of: "enable --now chatbox50",
      after: async () => {
        const pid = await mainPid();
        const most = await openFilesHere();
        match(await root(`cat /proc/${pid}/limits`), new RegExp(`Max open files +${most} +${most}`));
        // a user that is in no file
        equal(await root(`grep -c chatbox50 /etc/passwd || true`), "0");
        match(
          await root(`grep -E "^(Uid|NoNewPrivs|Seccomp|CapEff):" /proc/${pid}/status`),
          /Uid:\s+6\d{4}\s/,
        );
      },
    },
    {
      of: "systemctl status",
      expect: /active \(running\)[^]*Status: "Serving http:\/\/127\.0\.0\.1:8000"/,
      after: async () => {
        await say("Where is my order?");
        // A hung event loop: systemd hears nothing for 30 seconds, kills it and starts it again.
        const pid = await mainPid();
        await root(`kill -STOP ${pid}`);
        await root(
          `timeout 60 sh -c "until journalctl -u chatbox50 | grep -q Watchdog.timeout; do sleep 1; done"`,
        );
        await root(`timeout 20 sh -c "until curl -sf ${URL_HERE}/readyz; do sleep 0.5; done"`);
        equal(await mainPid() === pid, false);
        match(await history(), /Where is my order\?/);
      },
    },
    { of: "grep '\"Started\"'", expect: /"message":"Started"/ },
    {
      of: "systemctl reload caddy",
      after: async () => void await root("systemctl disable --now caddy && systemctl reset-failed"),
    },
    {
      of: "nginx -t",
      before: makeCertificate,
    },
    {
      of: "systemctl reload nginx",
      after: async () => {
        const through = "curl -skf --resolve chat.example.com:443:127.0.0.1 https://chat.example.com";
        match(await root(`${through}/`), /<title>/);
        equal(await root(`${through}/healthz`), "ok");
        await root("systemctl disable --now nginx");
      },
    },
    {
      of: "low-ports.conf",
      before: async () => {
        await root(
          `cp ${CONFIG} ${CONFIG_ASIDE} && sed -i -e "/^PORT=/d" -e "s/^HOST=.*/HOST=0.0.0.0/" ${CONFIG} && ` +
            `printf "DOMAIN=chat.example.com\\nACME_DIRECTORY_URL=${acme.directoryUrl}\\n" >> ${CONFIG}`,
        );
      },
    },
    {
      of: "systemctl restart chatbox50",
      after: once(async () => {
        await root(
          `timeout 30 sh -c "until journalctl -u chatbox50 | grep -q Serving.the.new.certificate; do sleep 0.5; done"`,
        );
        equal(acme.issued.join(), "chat.example.com");
        match(
          await root("chatbox50-admin check"),
          /^ok {4}Address: 0\.0\.0\.0:443 is taken, by the running server\n.*:80 is taken, .*\nok {4}Certificate: for chat\.example\.com until /m,
        );
        await root(
          `timeout 20 sh -c "until curl -skf --resolve chat.example.com:443:127.0.0.1 https://chat.example.com/readyz; do sleep 0.5; done"`,
        );
        await certificateFiles();
        await root(
          `mv ${CONFIG_ASIDE} ${CONFIG} && rm -r /etc/systemd/system/chatbox50.service.d && systemctl daemon-reload && ` +
            `systemctl restart chatbox50`,
        );
        await answers();
      }, answers),
    },
    {
      of: "start chatbox50-backup.service",
      before: async () => void await say("Before the backup"),
      after: once(async () => void await say("After the backup"), () => Promise.resolve()),
    },
    { of: "ls -l /var/lib/private", expect: /^-rw-------.* chatbox50-\d{8}T\d{6}Z\.db$/m },
    {
      of: "systemctl stop chatbox50",
      before: once(async () => void match(await history(), /After the backup/), () => Promise.resolve()),
      after: async () => {
        const log = await root("systemctl show -P Result chatbox50");
        equal(log, "success");
      },
    },
    {
      of: "systemctl start chatbox50",
      after: once(async () => {
        const words = await history();
        match(words, /Before the backup/);
        equal(words.includes("After the backup"), false);
        match(
          await root(
            "cd /var/lib/private/chatbox50/broken-*Z-* && chatbox50 export --format txt --database-path chatbox50.db",
          ),
          /After the backup/,
        );
      }, async () => equal((await history()).includes("Before the backup"), false)),
    },
    { of: "admin export --format", expect: /visitor: Before the backup/ },
    { of: "admin export --uid", instead: sameVisitor, expect: /visitor: Before the backup/ },
    {
      of: "admin erase",
      instead: sameVisitor,
      expect: /^Erased /m,
      after: async () => {
        equal(discord.threads(forum).length, 0);
        await Promise.resolve();
      },
    },
    { of: "admin purge", expect: /^Removed 0 messages/m },
    { of: "admin stats", expect: /^Conversations +0$/m },
  ];
}

/** What LimitNOFILE comes to: a machine without CAP_SYS_RESOURCE (bit 24) cannot give more than it has. */
async function openFilesHere(): Promise<number> {
  const [, capabilities = "0"] = /^CapEff:\s+(\S+)$/m.exec(await Deno.readTextFile("/proc/self/status")) ??
    [];
  if ((BigInt(`0x${capabilities}`) >> 24n & 1n) === 1n) return 65_536;
  const [, hard = "0"] = /^Max open files +\d+ +(\d+)/m.exec(await Deno.readTextFile("/proc/self/limits")) ??
    [];
  return Math.min(65_536, Number(hard));
}

/** The first time one thing, then another. */
function once(first: () => Promise<void>, later: () => Promise<void>): () => Promise<void> {
  let next = first;
  return async () => {
    const now = next;
    next = later;
    await now();
  };
}
