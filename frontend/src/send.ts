/** Changes go to the server as JSON with the page's own token; the answer says where to go, or what is wrong. */

export interface Answer {
  go?: string;
  error?: string;
  [key: string]: unknown;
}

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

export async function send(url: string, body: unknown): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-resynapse-token": meta("lab-token"),
        "x-resynapse-page": meta("lab-page"),
      },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Answer;
  } catch {
    return { error: "the laboratory does not answer; start it again with `resynapse lab`, nothing is lost" };
  }
}

/** A message as a sentence; a name that it begins with stays as it is written. */
export function sentence(text: string): string {
  const first = (text.trim().split(/\s+/)[0] ?? "").replace(/[,;:]$/, "");
  const begun = /^\p{L}+$/u.test(first) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return begun === "" || /[.?!]$/.test(begun) ? begun : `${begun}.`;
}

/** The fields of a form; a name that occurs more than once becomes a list. */
export function fieldsOf(form: HTMLFormElement): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    const before = found[name];
    found[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}
