/** Reads the fields of a JSON body and collects what Discord would say of each. */
import { FormErrors } from "../errors.ts";
import { isSnowflake } from "../snowflake.ts";

/** Bounds of a text field. */
export interface TextRule {
  readonly min?: number;
  readonly max: number;
  readonly required?: boolean;
}

/** Bounds of a number field. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
}

/** A body, or a part of one below `prefix`. */
export class Form {
  readonly errors: FormErrors;
  readonly #fields: Record<string, unknown>;
  readonly #prefix: string;

  /**
   * @param fields the object as it came
   * @param errors where complaints go
   * @param prefix the path of this object in the body, as `message.`
   */
  constructor(fields: unknown, errors = new FormErrors(), prefix = "") {
    this.#fields = typeof fields === "object" && fields !== null ? fields as Record<string, unknown> : {};
    this.errors = errors;
    this.#prefix = prefix;
  }

  /**
   * @param key a field
   * @returns it as it came
   */
  raw(key: string): unknown {
    return this.#fields[key];
  }

  /**
   * @param key a field
   * @returns whether it is there and not null
   */
  has(key: string): boolean {
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  /**
   * @param key a field
   * @param rule its bounds, counted in UTF-16 units as the strictest reading of "characters"
   * @returns the text, if it is there and right
   */
  text(key: string, rule: TextRule): string | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) {
      if (rule.required) this.fail(key, "BASE_TYPE_REQUIRED", "This field is required");
      return undefined;
    }
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      this.fail(key, "STRING_TYPE_CONVERT", `Could not interpret "${JSON.stringify(value)}" as string.`);
      return undefined;
    }
    const text = String(value);
    const { min, max } = rule;
    if (min !== undefined && (text.trim().length < min || text.length > max)) {
      if (text.trim() === "" && rule.required) this.fail(key, "BASE_TYPE_REQUIRED", "This field is required");
      else this.fail(key, "BASE_TYPE_BAD_LENGTH", `Must be between ${min} and ${max} in length.`);
    } else if (text.length > max) {
      this.fail(key, "BASE_TYPE_MAX_LENGTH", `Must be ${max} or fewer in length.`);
    }
    return text;
  }

  /**
   * @param key a field
   * @returns true or false, if it is there and right
   */
  boolean(key: string): boolean | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    this.fail(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
    return undefined;
  }

  /**
   * @param key a field
   * @param rule its bounds
   * @returns the whole number, if it is there and right
   */
  integer(key: string, rule: NumberRule): number | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) {
      this.fail(key, "NUMBER_TYPE_COERCE", `Value "${value}" is not int.`);
      return undefined;
    }
    if (number < rule.min) {
      this.fail(key, "NUMBER_TYPE_MIN", `int value should be greater than or equal to ${rule.min}.`);
    } else if (number > rule.max) {
      this.fail(key, "NUMBER_TYPE_MAX", `int value should be less than or equal to ${rule.max}.`);
    }
    return number;
  }

  /**
   * @param key a field
   * @param choices what it may be
   * @returns the choice, if it is there and right
   */
  choice<Choice extends number>(key: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    const choice = choices.find((candidate) => candidate === Number(value));
    if (choice === undefined) {
      this.fail(key, "BASE_TYPE_CHOICES", `Value must be one of {${choices.join(", ")}}.`);
    }
    return choice;
  }

  /**
   * @param key a field
   * @returns the id, if it is there and right
   */
  snowflake(key: string): string | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    const text = typeof value === "number" ? String(value) : value;
    if (isSnowflake(text)) return text;
    this.fail(key, "NUMBER_TYPE_COERCE", `Value "${value}" is not snowflake.`);
    return undefined;
  }

  /**
   * @param key a field
   * @param max how many there may be
   * @returns the items, if it is there and a list
   */
  list(key: string, max: number): unknown[] | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) {
      this.fail(key, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
      return undefined;
    }
    if (value.length > max) this.fail(key, "BASE_TYPE_MAX_LENGTH", `Must be ${max} or fewer in length.`);
    return value;
  }

  /**
   * @param key a field that is an object
   * @returns a form for it that complains to the same list
   */
  part(key: string): Form {
    return new Form(this.#fields[key], this.errors, `${this.#prefix}${key}.`);
  }

  /**
   * @param key the field that is wrong
   * @param code Discord's word for the rule
   * @param message the rule in a sentence
   */
  fail(key: string, code: string, message: string): void {
    this.errors.add(`${this.#prefix}${key}`, code, message);
  }

  /** @throws {DiscordError} 50035 with everything that was wrong so far */
  check(): void {
    this.errors.throwIfAny();
  }
}
