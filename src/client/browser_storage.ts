/**
 * The storage port on the browser's localStorage.
 *
 * @module
 */
import type { KeyValueStorage } from "./ports.ts";

/**
 * Makes the storage. Where the browser forbids or fills it, values last as long as the page.
 *
 * @returns The port.
 */
export function browserStorage(): KeyValueStorage {
  const fallback = new Map<string, string>();
  const attempt = <T>(run: (storage: Storage) => T, otherwise: T): T => {
    try {
      return run(localStorage);
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => fallback.get(key) ?? attempt((storage) => storage.getItem(key), null),
    set: (key, value) => {
      const stored = attempt((storage) => {
        storage.setItem(key, value);
        return true;
      }, false);
      if (stored) fallback.delete(key);
      else fallback.set(key, value);
    },
    remove: (key) => {
      fallback.delete(key);
      attempt((storage) => storage.removeItem(key), undefined);
    },
    keys: (prefix) => {
      const stored = attempt((storage) => Object.keys(storage), []);
      return [...new Set([...stored, ...fallback.keys()])].filter((key) => key.startsWith(prefix));
    },
    subscribe: (listener) => {
      const heard = (event: StorageEvent): void => listener(event.key);
      addEventListener("storage", heard);
      return () => removeEventListener("storage", heard);
    },
  };
}

/**
 * A small value that stays with the tab over a reload.
 *
 * @param key Its name.
 * @returns How to read and write it; without a storage nothing is kept.
 */
export function tabValue(
  key: string,
): { readonly get: () => string | null; readonly set: (value: string) => void } {
  return {
    get: () => {
      try {
        return sessionStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set: (value) => {
      try {
        if (value === "") sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, value);
      } catch {
        // Nothing is lost but a draft.
      }
    },
  };
}
