/** STRING, https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-type */
const STRING = 3;

/** The longest reason for closing that a visitor is told. */
const MAX_REASON = 500;

/** The longest note; with its frame it fits into a message. */
const MAX_NOTE = 1_800;

/** The slash commands as Discord wants to know them. */
export const COMMANDS = [
  {
    name: "close",
    description: "Close this conversation and tell the visitor",
    options: [{
      type: STRING,
      name: "reason",
      description: "What the visitor is told",
      max_length: MAX_REASON,
    }],
  },
  { name: "reopen", description: "Open this conversation again and tell the visitor" },
  {
    name: "block",
    description: "Hear nothing more from this visitor",
    options: [{
      type: STRING,
      name: "duration",
      description: "For how long: 30m, 2h, 7d, 1w; for ever when left out",
      max_length: 10,
    }],
  },
  { name: "unblock", description: "Hear this visitor again" },
  { name: "transcript", description: "Get this conversation as a file" },
  {
    name: "note",
    description: "Write a note into the thread that the visitor does not see",
    options: [{
      type: STRING,
      name: "text",
      description: "What to note",
      required: true,
      max_length: MAX_NOTE,
    }],
  },
  { name: "who", description: "Who this visitor is: page, language, first and last seen" },
] as const;

/** The name of a slash command. */
export type CommandName = typeof COMMANDS[number]["name"];
