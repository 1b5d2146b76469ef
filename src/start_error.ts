/** Exit codes of this program, after BSD's sysexits. */
export const EXIT = {
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** A file that is needed cannot be opened, or is damaged. */
  noInput: 66,
  /** The address to listen on, or a service, is not available. */
  unavailable: 69,
  /** A fault of the program. */
  software: 70,
  /** A file cannot be made. */
  cannotCreate: 73,
  /** Reading or writing failed. */
  ioError: 74,
  /** The configuration is wrong. */
  config: 78,
} as const;

/** Why the program ends when it cannot start: a key of {@link EXIT}. */
export type StartErrorReason = Exclude<keyof typeof EXIT, "ok" | "usage" | "software">;

/** The program cannot start, for a reason that the operator can do something about. The message is one line and contains no secret. */
export class StartError extends Error {
  /** Always `StartError`. */
  override readonly name = "StartError";
  /** What the process ends with. */
  readonly exitCode: number;

  /**
   * @param message One line for the operator: what is wrong, and what to do
   * @param reason What kind of problem it is
   * @param options The error behind it
   */
  constructor(message: string, readonly reason: StartErrorReason, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = EXIT[reason];
  }
}
