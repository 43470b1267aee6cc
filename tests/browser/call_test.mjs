// "Show me the call": what each tab shows does what the page did, when it is pasted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { stage } from './page.mjs';
import { binary } from './tools.mjs';

const s = stage();
const run = promisify(execFile);
const TABS = {
  curl: { file: 'call.sh', by: 'bash' },
  Python: { file: 'call.py', by: '/usr/bin/python3' },
  JavaScript: { file: 'call.mjs', by: process.execPath },
  shell: { file: 'call.sh', by: 'bash' },
};
const PROGRAMS = {
  'of the lesson': null,
  'full of quotes': 'print("it\'s $HOME `id` ${x} \\\\ \\n", \'"\', """three""")\nprint("end")\n# EOF \'\'\' """\nprint("\\\\")\n',
  'with a line END': 'x = """\nEND\nEND_\n"""\nprint(x)\nprint("ends with a quote")  # "',
  'in Chinese': '变量 = torch.tensor([1.5])\nprint("变量：", 变量)\n',
  'of one line': 'print(1)',
};

/** What the text of a tab prints when it is run. */
async function pasted(tab, text) {
  const dir = mkdtempSync(join(tmpdir(), 'gradd-call-'));
  const { file, by } = TABS[tab];
  try {
    writeFileSync(join(dir, file), text);
    const env = { ...process.env, PATH: `${dirname(binary)}:${process.env.PATH}`, NO_PROXY: '*', no_proxy: '*' };
    return (await run(by, [join(dir, file)], { env, timeout: 60_000 })).stdout;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

for (const [what, program] of Object.entries(PROGRAMS))
  test(`the calls of a program ${what} all do the same`, async (t) => {
    const page = await s.open(t);
    if (program) await page.write(program);
    await page.run();
    const shown = await page.printed();
    for (const tab of Object.keys(TABS)) {
      await page.call.getByRole('tab', { name: tab, exact: true }).click();
      const text = await page.call.locator('pre').innerText();
      const answer = JSON.parse(await pasted(tab, text));
      assert.equal(answer.printed.join('\n'), shown, `${tab}:\n${text}`);
    }
  });

test('a call can be copied, and the tabs are walked with the arrow keys', async (t) => {
  const page = await s.open(t);
  await page.run();
  await page.call.getByRole('tab', { name: 'curl' }).focus();
  await page.tab.keyboard.press('ArrowRight');
  assert.equal(await page.call.getByRole('tab', { selected: true }).innerText(), 'Python');
  await page.call.getByRole('button', { name: 'Copy' }).click();
  await page.call.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.tab.evaluate(() => navigator.clipboard.readText()), await page.call.locator('pre').innerText());
  await page.accessible('with a call');
});
