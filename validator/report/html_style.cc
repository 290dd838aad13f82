// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_style.h"

#include <openssl/sha.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "validator/report/html_report.h"

namespace assay::report {
namespace {

// Every pair of a text and what it stands on has a contrast of at least 4.5;
// tests/e2e/report_pages_test.py measures it in a browser.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;
--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d5dae0;--panel:#f5f7f9;
--link:#0b57b0;--pass:#17692f;--warn:#7d5200;--fail:#b3202b;--error:#6b3aa8;
--pass-bg:#e8f4eb;--warn-bg:#fbf1dc;--fail-bg:#fcebec;--error-bg:#f1eafa;
--bar-pass:#a9cfb3;--bar-warn:#d9a13a;--bar-fail:#c93a44;--bar-error:#9068c7;
--bar:#aab2bc;--mark:#ffd9a8;--mark-fg:#1b1f24}
@media (prefers-color-scheme:dark){:root{
--bg:#15181c;--fg:#e2e5e9;--soft:#a0a9b3;--line:#353b43;--panel:#1c2025;
--link:#7db4ff;--pass:#6cc983;--warn:#dfae57;--fail:#ff8f8a;--error:#c7a4f5;
--pass-bg:#15261b;--warn-bg:#2b2312;--fail-bg:#321a1c;--error-bg:#251c33;
--bar-pass:#335e40;--bar-warn:#a97c26;--bar-fail:#d2505a;--bar-error:#8c66bf;
--bar:#5a636e;--mark:#6b4a12;--mark-fg:#fff3df}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main,.top,footer{max-width:76rem;margin:0 auto;padding:0 16px}
main{padding-top:12px}
.top~main{padding-top:0}
h1,h2,h3,p,dl,dd,ul,table,pre,figure{margin:0;padding:0}
h1{font-size:26px;line-height:1.25;font-weight:650}
h2{font-size:17px;margin:28px 0 10px}
h3{font-size:15px;font-weight:650}
h4{font-size:13px;margin:14px 0 4px;color:var(--soft);font-weight:600}
a{color:var(--link)}
code,pre,.v,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,
"Liberation Mono","DejaVu Sans Mono",monospace;font-size:13px}
code,.v,bdi{unicode-bidi:isolate}
.v,bdi,.cause{white-space:pre-wrap}
.soft,.cut,.null{color:var(--soft)}
.cut,.null{font-style:italic}
.cut{white-space:normal}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.top{display:flex;gap:8px 16px;flex-wrap:wrap;justify-content:space-between;
padding-top:10px;padding-bottom:10px;font-size:13px;color:var(--soft)}
footer{margin-top:32px;padding-top:12px;padding-bottom:32px;font-size:13px;
color:var(--soft);border-top:1px solid var(--line)}
.pass{--c:var(--pass);--b:var(--pass-bg)}
.warn{--c:var(--warn);--b:var(--warn-bg)}
.fail{--c:var(--fail);--b:var(--fail-bg)}
.error{--c:var(--error);--b:var(--error-bg)}
.none{--c:var(--soft);--b:var(--panel)}
.chip{display:inline-block;min-width:66px;padding:0 7px;border-radius:3px;
color:var(--c);background:var(--b);border:1px solid var(--c);
font-size:12px;font-weight:650;line-height:19px;white-space:nowrap;
text-align:center;vertical-align:1px}
.verdict{background:var(--b);border:1px solid var(--c);border-left-width:6px;
border-radius:4px;padding:14px 16px}
.verdict h1{color:var(--c)}
.verdict .name{color:var(--fg);font-size:17px;font-weight:500;
display:inline-block}
.verdict p{margin-top:4px}
.n{font-weight:650;color:var(--c)}
.box{border:1px solid var(--c,var(--line));border-left-width:6px;
border-radius:4px;padding:10px 14px;margin-top:12px}
progress{width:100%;height:10px;margin:8px 0 4px;accent-color:var(--link)}
.rule{border:1px solid var(--line);border-left:4px solid var(--c);
border-radius:4px;padding:12px 14px;margin:0 0 12px}
.rule:target{outline:2px solid var(--link)}
.where,.about{margin-top:4px}
.where{color:var(--soft);font-size:13px}
dl{display:grid;grid-template-columns:minmax(84px,max-content) minmax(0,1fr);
gap:3px 14px;margin-top:8px}
dt{color:var(--soft);font-size:13px;padding-top:1px}
dt::first-letter{text-transform:uppercase}
dd ul,.found ul{padding-left:18px}
.more{margin-top:8px}
summary{cursor:pointer}
.more>summary{color:var(--link);font-size:13px}
.others{border-top:1px solid var(--line)}
.other{border-bottom:1px solid var(--line);padding:5px 0}
.other>summary{display:flex;flex-wrap:wrap;gap:1px 10px;list-style:none;
align-items:baseline}
.other>summary::-webkit-details-marker{display:none}
.other>summary::before{content:"▸";color:var(--soft);width:8px}
.other[open]>summary::before{content:"▾"}
.other h3{font-weight:500}
.other .said{color:var(--soft);font-size:13px;flex:1 1 200px}
.other .body{padding:2px 0 8px 18px}
.scroll{overflow-x:auto;max-width:100%;margin-top:6px}
table{border-collapse:collapse;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:3px 12px 3px 8px;
border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;
border-bottom:1px solid var(--soft)}
th.key{color:var(--fg)}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}
td .v{display:inline-block;min-width:40px;max-width:520px}
.diff{width:100%;table-layout:fixed}
.diff th,.diff td{width:36%;padding-right:8px}
.diff th:first-child{width:28%}
.diff td .v{max-width:none;min-width:0}
.diff tbody th{font-weight:500}
.diff .of{background:var(--panel)}
.diff .of th{width:auto;padding:5px 8px;font-weight:650}
.diff .of .soft{font-weight:500}
.diff .ne th{box-shadow:inset 3px 0 var(--warn)}
.diff .ne td{background:var(--warn-bg)}
.sign{display:inline-block;width:14px;font-weight:650}
.cause{display:block;color:var(--soft);font-weight:400;padding-left:14px}
mark{background:var(--mark);color:var(--mark-fg);border-radius:2px;
box-shadow:0 0 0 1px var(--mark)}
pre{background:var(--panel);border:1px solid var(--line);border-radius:4px;
padding:8px 10px;margin-top:6px;overflow:auto;max-height:480px;
white-space:pre;tab-size:4;overflow-wrap:normal}
pre .u{unicode-bidi:isolate}
.u::before{content:attr(data-u);font-size:10px;border:1px solid var(--soft);
border-radius:2px;padding:0 2px;margin:0 1px}
.file .l{display:block;padding-left:52px;text-indent:-52px}
.file{counter-reset:l}
.file .l::before{counter-increment:l;content:counter(l);color:var(--soft);
display:inline-block;width:40px;margin-right:12px;text-align:right;
text-indent:0}
.file .l:target{background:var(--mark);color:var(--mark-fg)}
.copy{float:right;margin:6px 0 0 8px}
button,input,select{font:inherit;font-size:13px;color:var(--fg);
background:var(--bg);border:1px solid var(--soft);border-radius:3px;
padding:3px 8px;min-height:28px;max-width:100%}
button{background:var(--panel);cursor:pointer}
.chart{overflow-x:auto;direction:rtl;margin-top:6px}
.chart svg{direction:ltr;display:block;margin-right:auto}
.chart text{font:600 10px system-ui,"DejaVu Sans",sans-serif;fill:var(--fg);
text-anchor:middle}
.bp{fill:var(--bar-pass)}.bw{fill:var(--bar-warn)}.bf{fill:var(--bar-fail)}
.be{fill:var(--bar-error)}.bt{fill:var(--bar)}
.this{fill:var(--panel);stroke:var(--soft)}
.axis{stroke:var(--line)}
.changed{stroke:var(--soft);stroke-dasharray:3 2}
.legend span::before{content:"";display:inline-block;width:10px;height:10px;
margin:0 5px 0 12px;border-radius:2px;background:var(--k)}
.kf{--k:var(--bar-fail)}.ke{--k:var(--bar-error)}
.kw{--k:var(--bar-warn)}.kp{--k:var(--bar-pass)}
.legend{margin-left:-12px;font-size:13px;color:var(--soft)}
form{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;
margin:12px 0;padding:10px 12px;background:var(--panel);
border:1px solid var(--line);border-radius:4px}
form label{display:block;font-size:13px;color:var(--soft)}
form label input,form label select{display:block;width:180px}
form .tick{display:flex;gap:6px;align-items:center;min-height:28px}
form .tick input{width:auto;min-height:0}
.runs{width:100%}
.runs td{padding-top:6px;padding-bottom:6px;overflow-wrap:normal}
.runs .what{width:60%;overflow-wrap:anywhere}
.runs .label{max-width:352px;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap;vertical-align:bottom}
.runs bdi{white-space:inherit}
.runs small{display:block;font-size:12px;color:var(--soft)}
.label{display:inline-block;background:var(--panel);border-radius:3px;
border:1px solid var(--line);padding:0 5px;margin:1px 4px 1px 0;
font-size:13px}
.pages{margin-top:12px;display:flex;gap:16px}
@media (min-width:1000px){.runs td{white-space:nowrap}
.runs .what{white-space:normal}}
@media (max-width:999px){.runs .label{max-width:192px}}
@media (max-width:640px){
main,.top,footer{padding-left:10px;padding-right:10px}
h1{font-size:22px}
.rule{padding:10px}
dl{grid-template-columns:minmax(72px,max-content) minmax(0,1fr);gap:3px 8px}
dt{font-size:12px;padding-top:2px}
dd{font-size:14px}
.diff th:first-child{width:32%}.diff th,.diff td{width:34%;padding:3px 5px}
.cause{padding-left:0}
.runs thead{display:none}
.runs,.runs tbody,.runs tr,.runs td{display:block;width:auto}
.runs td{border:0;padding:1px 0;text-align:left}
.runs .what{width:auto}
.runs .label{max-width:100%}
.runs td:empty{display:none}
.runs tr{border-bottom:1px solid var(--line);padding:8px 0}
.runs td[data-l]::before{content:attr(data-l) " ";color:var(--soft)}
form label{width:calc(50% - 6px)}
form label input,form label select{width:100%}
button{min-height:36px}input,select{min-height:36px}
}
@media print{
:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;
--panel:#fff;--link:#000;--pass:#17692f;--warn:#7d5200;--fail:#b3202b;
--error:#6b3aa8;--pass-bg:#fff;--warn-bg:#fff;--fail-bg:#fff;
--error-bg:#fff;--mark:#ddd;--mark-fg:#000;--bar-pass:#cfe3d4;
--bar-warn:#d9a13a;--bar-fail:#c93a44;--bar-error:#9068c7;--bar:#aab2bc}
body{font-size:11px}
main,.top,footer{max-width:none;padding:0}
.top,form,.copy,.pages{display:none}
.rule,tr,figure{break-inside:avoid}
h2,h3,h4{break-after:avoid}
.scroll,.chart,pre{overflow:visible;max-height:none}
pre{white-space:pre-wrap}
.bp,.bw,.bf,.be,.bt,mark,.chip{print-color-adjust:exact;
-webkit-print-color-adjust:exact}
.rule ::details-content{content-visibility:visible;block-size:auto}
}
)css";

// A page reads without it.
constexpr std::string_view kScript = R"js(
for (const pre of document.querySelectorAll("pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch {
      getSelection().selectAllChildren(pre);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
  pre.before(button);
}
)js";

std::string HashSource(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(),
         digest.data());
  return absl::StrCat(
      "'sha256-",
      absl::Base64Escape(absl::string_view(
          reinterpret_cast<const char*>(digest.data()), digest.size())),
      "'");
}

}  // namespace

std::string_view HtmlStyle() { return kStyle; }

std::string_view HtmlScript() { return kScript; }

std::string HtmlPagePolicy() {
  static const std::string& policy = *new std::string(
      absl::StrCat("default-src 'none'; style-src ", HashSource(kStyle),
                   "; script-src ", HashSource(kScript),
                   "; img-src data:; form-action 'self'; base-uri 'none'"));
  return policy;
}

std::string HtmlContentSecurityPolicy() {
  return absl::StrCat(HtmlPagePolicy(), "; frame-ancestors 'none'");
}

}  // namespace assay::report
