import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './06-retain-graph.en.py';
import zh from './06-retain-graph.zh.py';

export const retainGraph: Lesson = {
  id: 'retain-graph',
  number: 6,
  en: {
    goal: 'You will know what a backward pass throws away when it is done, and when that hurts.',
    prose: () => (
      <>
        <p>
          To go back through <code>y</code> = <code>a</code> × <code>b</code>, PyTorch needs the numbers once more:{' '}
          <code>b</code> = 2 to hand to <code>a</code>, and <code>a</code> = 3 to hand to <code>b</code>. So in{' '}
          <Line n={8} /> the multiplication keeps both, as <Term is="saved tensor">saved tensors</Term>. The additions
          keep nothing. Their local derivative is 1 whatever the inputs are.
        </p>
        <p>
          Saved tensors cost memory; in a large net they are most of it. Therefore a <Term is="backward" /> frees them
          as it ends. The graph can still be drawn, but the numbers for the way back are gone.
        </p>
        <p>
          <Term is="retain_graph">retain_graph=True</Term> in <Line n={10} /> asks for one exception: the pass frees
          nothing. It adds 5 to <code>w.grad</code> like any other.
        </p>
        <p>
          A pass that needs what was freed stops with an error:{' '}
          <em>Trying to backward through the graph a second time</em>. When you meet it in training,{' '}
          <code>retain_graph=True</code> is seldom the cure. Mostly a line of the <Term is="forward" /> stands before
          the loop and belongs inside, or a value from the last round should have been detached (lesson 8).
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          There are three calls, in <Line n={10} />, <Line n={12} /> and <Line n={14} />. Which is the first to fail?
        </>
      ),
      choices: [
        'The second, in line 12: a graph can be walked only once',
        'The third, in line 14: what it needs was freed by the call in line 12',
        'None: line 10 has said that this graph is to be kept',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>retain_graph</code> is not a setting of the graph, only an argument of that one call. The call in{' '}
            <Line n={10} /> freed nothing, so <Line n={12} /> could run, and the second line printed is 5 + 5 = 10. But{' '}
            <Line n={12} /> did not ask to keep anything. As it ended, the saved 3 and 2 went.
          </p>
          <p>
            The call in <Line n={14} /> starts at <code>y</code>, and the very first step is the multiplication that
            needs them. Nothing has been added by then: <code>w.grad</code> is still 10. Had <code>y</code> been a sum,
            with nothing saved, it could have gone on for ever.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道反向传播走完之后会扔掉什么，什么时候会因此出错。',
    prose: () => (
      <>
        <p>
          要从 <code>y</code> = <code>a</code> × <code>b</code> 往回走，还得再用一次当时的数：传给 <code>a</code> 要用{' '}
          <code>b</code> = 2，传给 <code>b</code> 要用 <code>a</code> = 3。所以
          <Line n={8} />
          的乘法把两个数都留了下来，这就是
          <Term is="saved tensor" />
          。加法什么也不用留，不管输入是多少，它的局部导数总是 1。
        </p>
        <p>
          保存的张量要占内存，大网络的内存多半花在这上面。所以一次
          <Term is="backward" />
          走完，就把它们释放掉。图还画得出来，可往回走要用的数已经没有了。
        </p>
        <p>
          <Line n={10} />的 <Term is="retain_graph">retain_graph=True</Term> 是请求破例一次：这一趟走完什么都不释放。
          <code>w.grad</code> 照样加 5。
        </p>
        <p>
          要用的数已经被释放，就会停下来报错：<em>Trying to backward through the graph a second time</em>
          。训练时碰到它，加 <code>retain_graph=True</code> 往往治标不治本。多半是某一行
          <Term is="forward" />
          写在了循环外面，本该放进循环里；或者上一轮的某个值忘了 detach（第 8 课）。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          一共调用了三次 <code>backward</code>，在
          <Line n={10} />、<Line n={12} />和<Line n={14} />
          。最先出错的是哪一次？
        </>
      ),
      choices: [
        '第二次，第 12 行：一张图只能走一遍',
        '第三次，第 14 行：要用的数在第 12 行走完时释放了',
        '都不会：第 10 行说过要保留这张图',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>retain_graph</code> 不是图的设置，只是那一次调用的参数。
            <Line n={10} />
            什么都没释放，所以
            <Line n={12} />
            能走，第二次打印的是 5 + 5 = 10。可
            <Line n={12} />
            没有要求保留，走完时，存着的 3 和 2 就没了。
          </p>
          <p>
            <Line n={14} />从 <code>y</code> 出发，第一步就是要用到它们的乘法，于是报错。这时还什么都没加上，
            <code>w.grad</code> 仍是 10。假如 <code>y</code> 只是相加得来的，没有保存过任何东西，那走多少遍都行。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
