// Reads {path: html} and writes what is wrong with each page: elements, nesting, attributes and ids by the HTML standard.
import { readFileSync } from "node:fs";
import { HtmlValidate } from "html-validate";

const judge = new HtmlValidate({
    root: true,
    extends: ["html-validate:standard"],
    rules: {
        // Style, not validity.
        "no-inline-style": "error",
        "void-style": "off",
        "attribute-boolean-style": "off",
        "attribute-empty-style": "off",
        "no-trailing-whitespace": "off",
        "long-title": "off",
        "no-raw-characters": "off",
        "doctype-style": "off",
        "tel-non-breaking": "off",
    },
});
const found = [];
for (const [path, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
    const report = await judge.validateString(html);
    for (const result of report.results) {
        for (const each of result.messages) found.push(`${path}:${each.line}: ${each.ruleId}: ${each.message}`);
    }
}
process.stdout.write(JSON.stringify(found));
