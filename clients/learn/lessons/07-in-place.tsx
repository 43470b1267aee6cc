import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './07-in-place.en.py';
import zh from './07-in-place.zh.py';

export const inPlace: Lesson = {
  id: 'in-place',
  number: 7,
  en: {
    goal: 'You will know which writes PyTorch allows, and how it finds out about the others.',
    prose: () => (
      <>
        <p>
          <code>a = a + 1</code> makes a new tensor. <code>a += 1</code> writes into the memory of the old one, and so
          does <code>a.add_(1)</code>. That is an <Term is="in-place" />. It saves memory, but the old number is lost,
          and the way back may need it.
        </p>
        <p>
          To notice, every tensor counts its writes. This is its <Term is="version" />: 0 when it is made, one more with
          each write. In <Line n={8} /> <code>a</code> goes from 3 to 4, and its version from 0 to 1. This does no harm,
          for nobody has saved the 3.
        </p>
        <p>
          Next, <Line n={11} /> computes <code>y</code> = 4 × 2 = 8. The multiplication saves <code>a</code> and{' '}
          <code>b</code>, and remembers: <code>a</code> is at version 1. Then <Line n={12} /> writes once more.{' '}
          <code>a</code> is 5 now, version 2. The 4 that <code>b</code> should be handed on the way back exists no
          longer.
        </p>
        <p>
          Leaves are guarded more closely. While PyTorch records, a leaf that requires a gradient may not be written in
          place at all: <code>w += 1</code> would fail at once, with{' '}
          <em>a leaf Variable that requires grad is being used in an in-place operation</em>. Recorded, the write would
          make <code>w</code> the result of an addition, a leaf no longer, and no gradient would be kept for it. How
          weights are updated all the same is in lesson 9.
        </p>
      </>
    ),
    ask: {
      question: () => <>One line of this program fails. Which one?</>,
      choices: [
        'Line 8: a requires a gradient, so it may not be written in place',
        'Line 12: it overwrites a number that has been saved',
        'Line 15: backward asks for the saved number and finds another',
        'None: backward works with the new a, which is 5',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            A write is not a mistake in itself. The saved number might never be asked for. So PyTorch compares only when
            it is: in <Line n={15} /> the multiplication remembers version 1 and finds version 2. The message says just
            that: <em>is at version 2; expected version 1 instead</em>.
          </p>
          <p>
            Going on with 5 would have handed <code>b</code> 5 instead of 4. A wrong gradient, and no one would know.
            The cure is to write <code>a = a + 1</code> in <Line n={12} />: a new tensor, and the saved 4 stays as it
            was.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道哪些原地改写 PyTorch 允许，不允许的它又是怎么发现的。',
    prose: () => (
      <>
        <p>
          <code>a = a + 1</code> 会造一个新张量；<code>a += 1</code> 则直接改写旧张量的内存，<code>a.add_(1)</code>{' '}
          也一样。这就是
          <Term is="in-place" />
          。它省内存，可旧的数没了，而往回走时说不定还要用。
        </p>
        <p>
          为了能发现，每个张量都数着自己被改过几次，这个数就是
          <Term is="version" />
          ：刚创建时是 0，每原地改一次加 1。
          <Line n={8} />把 <code>a</code> 从 3 改成 4，版本从 0 变成 1。这次没有害处，因为没有谁保存过那个 3。
        </p>
        <p>
          <Line n={11} />
          算出 <code>y</code> = 4 × 2 = 8。乘法保存了 <code>a</code> 和 <code>b</code>，顺便记住：<code>a</code> 是版本
          1。接着
          <Line n={12} />
          又改了一次，<code>a</code> 成了 5，版本 2。往回走时本该传给 <code>b</code> 的那个 4，已经不存在了。
        </p>
        <p>
          叶子看得更严。只要还在记录，要梯度的叶子就完全不许原地改：写 <code>w += 1</code> 会当场报错：
          <em>a leaf Variable that requires grad is being used in an in-place operation</em>
          。要是把这次改写也记下来，<code>w</code>{' '}
          就成了加法的结果，不再是叶子，梯度也留不住了。那权重又是怎么更新的？见第 9 课。
        </p>
      </>
    ),
    ask: {
      question: () => <>这段程序有一行会出错，是哪一行？</>,
      choices: [
        '第 8 行：a 要梯度，不许原地改',
        '第 12 行：它覆盖了已经保存的数',
        '第 15 行：反向传播来取保存的数，发现已经不是原来那个',
        '都不会：反向传播就用新的 a，也就是 5',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            改写本身不算错，保存的数也许永远用不上。所以 PyTorch 等到真要用的时候才比对：到了
            <Line n={15} />
            ，乘法记的是版本 1，看到的却是版本 2。报错里说的正是这件事：
            <em>is at version 2; expected version 1 instead</em>。
          </p>
          <p>
            要是拿 5 将就着算，<code>b</code> 得到的就是 5 而不是 4：梯度错了，还没人知道。改法是把
            <Line n={12} />
            写成 <code>a = a + 1</code>
            ：造一个新张量，保存的 4 原样不动。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
