#include "report/html.h"

#include "report/svg.h"

/* What no rule permits is forbidden; the one thing that is permitted is the style in the page. */
static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                             "form-action 'none'";

static const char page_css[] =
    "html{color-scheme:light dark;-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"
    "'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Helvetica,Arial,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "main,footer{max-width:74rem;margin:0 auto;padding:0 1.5rem}\n"
    "main{padding-top:2rem;overflow-x:clip}\n"
    "footer{margin-top:4rem;padding-bottom:3rem;font-size:.85rem}\n"
    "h1{font-size:1.75rem;line-height:1.2;margin:0 0 .35rem;font-weight:650}\n"
    "h2{font-size:1.25rem;line-height:1.3;margin:3rem 0 .35rem;font-weight:650}\n"
    "h3{font-size:1rem;margin:1rem 0 .25rem;font-weight:650}\n"
    "p{margin:.25rem 0 .75rem;max-width:46rem}\n"
    "figure{margin:1rem 0}\n"
    "svg{display:block}\n"
    "code,kbd,pre{font-family:ui-monospace,'SF Mono','Cascadia Mono','Liberation Mono',Menlo,"
    "Consolas,monospace;font-size:.875em}\n"
    "table{border-collapse:collapse;font-size:.875rem;width:100%}\n"
    "th,td{padding:.35rem .7rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--rule)}\n"
    "th{font-weight:600}\n"
    "thead th{color:var(--dim);vertical-align:bottom;border-bottom-color:var(--axis)}\n"
    "tbody th{overflow-wrap:normal;white-space:nowrap}\n"
    ".number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "thead .number{white-space:normal}\n"
    ".scroll{overflow-x:auto;overflow-wrap:normal;margin:1rem 0}\n"
    ".long{overflow-wrap:anywhere;min-width:9rem}\n"
    ".badge{display:inline-block;border:1px solid currentColor;border-radius:1rem;"
    "padding:0 .6em;font-size:.78rem;line-height:1.5;white-space:nowrap}\n"
    "dt{font-weight:600;break-after:avoid}\n"
    "dd{margin:0 0 .75rem;max-width:46rem}\n"
    "@media screen and (max-width:44rem){main,footer{padding-left:1rem;padding-right:1rem}"
    "h1{font-size:1.4rem}tbody th{white-space:normal;min-width:6rem}}\n"
    "@media print{html{font-size:12px}main,footer{max-width:none;padding:0}"
    "table{font-size:.72rem}th,td{padding:.2rem .4rem}.scroll{overflow:visible}"
    "h2,h3,h2+p{break-after:avoid}tr,figure{break-inside:avoid}}\n";

static void put_meta(hs_markup *markup, const char *key, const char *name, const char *content)
{
    hs_markup_open(markup, "meta", NULL);
    hs_markup_attribute(markup, key, "%s", name);
    hs_markup_attribute(markup, "content", "%s", content);
    hs_markup_close_empty(markup);
    hs_markup_line(markup);
}

void hs_html_begin(hs_markup *markup, FILE *out, const char *title, const char *const *css,
                   size_t css_count)
{
    hs_markup_init(markup, out);
    fputs("<!DOCTYPE html>\n", out);
    hs_markup_open(markup, "html", NULL);
    hs_markup_attribute(markup, "lang", "en");
    hs_markup_line(markup);
    hs_markup_open(markup, "head", NULL);
    hs_markup_open(markup, "meta", NULL);
    hs_markup_attribute(markup, "charset", "utf-8");
    hs_markup_close_empty(markup);
    hs_markup_line(markup);
    put_meta(markup, "http-equiv", "Content-Security-Policy", policy);
    put_meta(markup, "name", "viewport", "width=device-width, initial-scale=1");
    put_meta(markup, "name", "color-scheme", "light dark");
    put_meta(markup, "name", "referrer", "no-referrer");
    hs_markup_element(markup, "title", NULL, "%s", title);
    hs_markup_line(markup);
    hs_markup_open(markup, "style", NULL);
    hs_svg_css(markup, true);
    hs_markup_css(markup, page_css);
    for (size_t i = 0; i < css_count; i++) {
        hs_markup_css(markup, css[i]);
    }
    hs_markup_close(markup, "style");
    hs_markup_close(markup, "head");
    hs_markup_line(markup);
    hs_markup_open(markup, "body", NULL);
    hs_markup_open(markup, "main", NULL);
    hs_markup_line(markup);
}

hs_result hs_html_end(hs_markup *markup)
{
    hs_markup_close(markup, "main");
    hs_markup_line(markup);
    hs_markup_element(markup, "footer", "faint", "Made by handshake %s.", hs_version());
    hs_markup_close(markup, "body");
    hs_markup_close(markup, "html");
    hs_markup_line(markup);
    return hs_markup_finish(markup);
}

void hs_html_table_begin(hs_markup *markup, const char *cls, bool scrolls)
{
    if (scrolls) {
        hs_markup_open(markup, "div", "scroll");
    }
    hs_markup_open(markup, "table", cls);
    hs_markup_open(markup, "thead", NULL);
    hs_markup_open(markup, "tr", NULL);
}

void hs_html_table_heading(hs_markup *markup, const char *cls, const char *text)
{
    hs_markup_open(markup, "th", cls);
    hs_markup_attribute(markup, "scope", "col");
    hs_markup_text(markup, "%s", text);
    hs_markup_close(markup, "th");
}

void hs_html_table_body(hs_markup *markup)
{
    hs_markup_close(markup, "tr");
    hs_markup_close(markup, "thead");
    hs_markup_open(markup, "tbody", NULL);
    hs_markup_line(markup);
}

void hs_html_table_end(hs_markup *markup, bool scrolls)
{
    hs_markup_close(markup, "tbody");
    hs_markup_close(markup, "table");
    if (scrolls) {
        hs_markup_close(markup, "div");
    }
    hs_markup_line(markup);
}
