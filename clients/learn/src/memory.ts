// memory.ts - what the page remembers from visit to visit; nothing, where the browser does not let it.
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`gradd.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`gradd.${key}`, value);
  } catch {
    // A frame of another site, or a full store: the next visit begins anew.
  }
}
