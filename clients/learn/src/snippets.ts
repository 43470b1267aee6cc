// snippets.ts - a call as people write it: curl, Python, JavaScript, shell. Each does what the page did.
import type { Call } from './api';

export const TONGUES = ['curl', 'Python', 'JavaScript', 'shell'] as const;
export type Tongue = (typeof TONGUES)[number];

/** A text in single quotes of the shell. */
const sh = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A word that no line of the text is. */
function mark(text: string): string {
  let word = 'END';
  while (text.split('\n').includes(word)) word += '_';
  return word;
}

const block = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

function curl(call: Call, base: string): string {
  const method = call.method === 'GET' || (call.method === 'POST' && call.body) ? '' : `-X ${call.method} `;
  const head = `curl -s${call.stream ? 'N' : ''} ${method}${sh(base + call.path)}`;
  if (!call.body) return head;
  const type = ` \\\n  -H ${sh(`Content-Type: ${call.type}`)}`;
  const end = mark(call.body);
  return `${head}${type} --data-binary @- <<'${end}'\n${block(call.body)}${end}`;
}

/** A text in single quotes of JavaScript. */
const js = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** A Python text that keeps its lines. */
function python(text: string): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"').replace(/"$/, '\\"');
  return text.includes('\n') ? `"""\\\n${safe}"""` : JSON.stringify(text);
}

function requests(call: Call, base: string): string {
  const url = JSON.stringify(base + call.path);
  if (call.stream)
    return `import requests\n\nwith requests.get(${url}, stream=True) as answer:\n    for line in answer.iter_lines(decode_unicode=True):\n        print(line, flush=True)`;
  const body = call.body ? `\nbody = ${python(call.body)}\n` : '';
  const sent = call.body ? `, data=body.encode(), headers={"Content-Type": ${JSON.stringify(call.type)}}` : '';
  return `import requests\n${body}\nanswer = requests.${call.method.toLowerCase()}(${url}${sent})\nprint(answer.text)`;
}

function javascript(call: Call, base: string): string {
  if (call.stream)
    return `const answer = await fetch(${js(base + call.path)});\nfor await (const text of answer.body.pipeThrough(new TextDecoderStream())) console.log(text);`;
  const safe = (call.body ?? '').replace(/[\\`]|\$\{/g, '\\$&');
  const body = call.body ? `const body = \`${safe}\`;\n` : '';
  const options = [
    call.method === 'GET' ? '' : `method: '${call.method}'`,
    call.body ? `headers: { 'Content-Type': ${js(call.type ?? '')} }, body` : '',
  ].filter(Boolean).join(', ');
  return `${body}const answer = await fetch(${js(base + call.path)}${options ? `, { ${options} }` : ''});\nconsole.log(await answer.text());`;
}

/** Without a server where the program can do it alone; else the call with its parts in variables. */
function shell(call: Call, base: string): string {
  if (call.path.startsWith('/v1/run') && call.body) {
    const end = mark(call.body);
    return `gradd run --as json - <<'${end}'\n${block(call.body)}${end}`;
  }
  const url = `BASE=${sh(base)}\n`;
  if (call.stream) return `${url}curl -sN "$BASE"${sh(call.path)}`;
  if (!call.body) return `${url}curl -s -X ${call.method} "$BASE"${sh(call.path)}`;
  return `${url}BODY=${sh(call.body)}\nprintf %s "$BODY" | curl -s -X ${call.method} "$BASE"${sh(call.path)} -H ${sh(`Content-Type: ${call.type}`)} --data-binary @-`;
}

const WRITERS: Record<Tongue, (call: Call, base: string) => string> = { curl, Python: requests, JavaScript: javascript, shell };

export const written = (call: Call, tongue: Tongue, base: string): string => WRITERS[tongue](call, base);
