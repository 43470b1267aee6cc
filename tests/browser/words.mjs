// words.mjs - what the controls of the page are called. Written here anew: a test that read the page's own words would
// find them whatever they are.
export const en = {
  code: 'Code', run: 'Run', forward: 'Step forward', back: 'Step back', play: 'Play', pause: 'Pause', trace: 'Trace',
  output: 'Output', graph: 'Graph', pane: 'Picture of the graph', call: 'Call', lesson: 'Lesson', lessonText: 'Lesson text',
  explanation: 'Explanation', inspector: 'Tensor', outline: 'Outline', outlineOf: 'Tensors in the order of computation',
  share: 'Share', embed: 'Embed', help: 'Keys and signs', close: 'Close', wrong: 'What went wrong', valueOf: 'Value of',
  right: 'Right.', notQuite: 'Not quite.', scope: 'Show', all: 'everything', shell: 'shell', stale: 'code changed: run again',
};
export const zh = {
  code: '代码', run: '运行', forward: '前进一步', back: '后退一步', play: '播放', pause: '暂停', trace: '轨迹',
  output: '输出', graph: '计算图', pane: '计算图的图示', call: '调用', lesson: '课程', lessonText: '课文',
  explanation: '讲解', inspector: '张量', outline: '大纲', outlineOf: '按计算顺序排列的张量',
  share: '分享', embed: '嵌入', help: '按键与图例', close: '关闭', wrong: '出了什么问题', valueOf: '数值',
  right: '正确。', notQuite: '不完全对。', scope: '显示', all: '全部', shell: 'Shell', stale: '代码已修改，请重新运行',
};
