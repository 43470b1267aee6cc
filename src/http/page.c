#include "http/page.h"
#include <string.h>

// What follows the address, the same in both; `and` is the separator of query parameters, which HTML spells
// &amp;.
#define LINES(and)                                                                                           \
  "/v1/sessions/demo\n"                                                                                      \
  "curl -X PUT $S\n"                                                                                         \
  "curl -X PUT $S/tensors/w -d '{\"data\":[1],\"requires_grad\":true}'\n"                                    \
  "curl -X PUT $S/tensors/x -d '{\"data\":[2],\"requires_grad\":true}'\n"                                    \
  "curl -X POST \"$S/ops/add?args=w,x" and                                                                   \
      "out=a\"\n"                                                                                            \
      "curl -X POST \"$S/ops/add?args=w,1" and                                                               \
      "out=b\"\n"                                                                                            \
      "curl -X POST \"$S/ops/mul?args=a,b" and                                                               \
      "out=y\"\n"                                                                                            \
      "curl -X POST $S/tensors/y/backward\n"                                                                 \
      "curl \"$S/tensors/w/grad?as=repr\"\n"
#define RESULT "tensor([5.])\n"

static const char TEXT_HEAD[] =
    "gradd - automatic differentiation over HTTP, with PyTorch's numbers, names and errors\n"
    "通过 HTTP 提供自动求导，数值、名称与报错均与 PyTorch 一致\n\nS=http://";

static const char TEXT_TAIL[] =
    LINES("&") RESULT "\n"
                      "GET /v1             version and limits\n"
                      "GET /v1/ops         every op, with its signature and derivative\n"
                      "GET /openapi.json   the whole interface\n"
                      "GET /livez /readyz /metrics\n";

#define STYLE                                                                                                \
  ":root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6675;--paper:#fbfbf9;--box:#f0f1ee;--line:#d9dcd6;" \
  "--link:#1f5fa8}"                                                                                          \
  "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa5b1;--paper:#14171b;--box:#1d2127;"      \
  "--line:#30363f;--link:#8ab8f0}}"                                                                          \
  "*{box-sizing:border-box}"                                                                                 \
  "body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.6 system-ui,'Noto Sans CJK SC',"       \
  "'PingFang SC','Microsoft YaHei',sans-serif}"                                                              \
  "main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem 4rem}"                                            \
  "h1{font-size:2.2rem;line-height:1.2;margin:0 0 .75rem;letter-spacing:-.01em}"                             \
  "h2{font-size:1.15rem;margin:2.5rem 0 .5rem}"                                                              \
  "p{margin:.5rem 0}.soft{color:var(--soft)}"                                                                \
  ".note{border:1px solid var(--line);border-left:.3rem solid #b3541e;border-radius:.3rem;padding:.6rem "    \
  "1rem}"                                                                                                    \
  "pre{background:var(--box);border:1px solid var(--line);border-radius:.5rem;padding:1rem;overflow-x:auto;" \
  "font:14px/1.55 ui-monospace,Menlo,Consolas,monospace}"                                                    \
  "samp{color:var(--soft);font:inherit}"                                                                     \
  "code{font:.92em ui-monospace,Menlo,Consolas,monospace}"                                                   \
  "dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:.75rem 0}"                \
  "dt,dd{margin:0}a{color:var(--link)}"                                                                      \
  "@media(max-width:34rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}"

static const char HTML_HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<title>gradd</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<main>\n"
    "<h1>gradd</h1>\n"
    "<p>Automatic differentiation as a service. Tensors, operations and gradients are addressed over HTTP, "
    "and "
    "answer with the numbers, the names and the errors of PyTorch.</p>\n"
    "<p lang=\"zh-CN\" class=\"soft\">自动求导服务：通过 HTTP 访问张量、算子与梯度，数值、名称与报错均与 "
    "PyTorch 一致。</p>\n"
    "<p class=\"note\">The teaching page is not in this build: it was made without npm. Install npm and "
    "build again, <code>apt install npm &amp;&amp; ./deploy/up</code>. "
    "<span lang=\"zh-CN\">此构建不含教学页面：构建时没有 npm。请安装 npm 后重新构建。</span></p>\n"
    "<h2>Try it <span lang=\"zh-CN\" class=\"soft\">试一试</span></h2>\n"
    "<p>Paste this into a terminal. It computes <code>y = (w + x) * (w + 1)</code> at <code>w = 1</code>, "
    "<code>x = 2</code> and asks for the gradient of <code>w</code>.</p>\n"
    "<p lang=\"zh-CN\" class=\"soft\">将下面几行粘贴到终端：在 <code>w = 1</code>、<code>x = 2</code> 处计算 "
    "<code>y = (w + x) * (w + 1)</code>，并求 <code>w</code> 的梯度。</p>\n"
    "<pre tabindex=\"0\">S=http://";

static const char HTML_TAIL[] = LINES(
    "&amp;") "<samp>" RESULT "</samp></pre>\n"
             "<h2>Look further <span lang=\"zh-CN\" class=\"soft\">更多</span></h2>\n"
             "<dl>\n"
             "<dt><a href=\"/v1\"><code>/v1</code></a></dt><dd>version and limits <span lang=\"zh-CN\" "
             "class=\"soft\">版本与上限</span></dd>\n"
             "<dt><a href=\"/v1/ops\"><code>/v1/ops</code></a></dt><dd>every op, with its signature and "
             "derivative <span "
             "lang=\"zh-CN\" class=\"soft\">全部算子及其导数</span></dd>\n"
             "<dt><a href=\"/openapi.json\"><code>/openapi.json</code></a></dt><dd>the whole interface "
             "<span lang=\"zh-CN\" "
             "class=\"soft\">完整接口</span></dd>\n"
             "<dt><a href=\"/metrics\"><code>/metrics</code></a></dt><dd>what the server is doing <span "
             "lang=\"zh-CN\" "
             "class=\"soft\">运行指标</span></dd>\n"
             "</dl>\n</main>\n</body>\n</html>\n";

// What the guard lets pass may hold anything between the brackets of an address.
static bool plain(const char *host) {
  static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  return host && *host && !host[strspn(host, PLAIN)];
}

void page_write(buffer *out, bool html, const char *host) {
  buffer_puts(out, html ? HTML_HEAD : TEXT_HEAD);
  buffer_puts(out, plain(host) ? host : "127.0.0.1:8080");
  buffer_puts(out, html ? HTML_TAIL : TEXT_TAIL);
}
