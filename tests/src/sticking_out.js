// The innermost elements that stick out of the screen to the right, one line each.
const wide = document.documentElement.clientWidth;
const out = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > wide + 1);
const innermost = out.filter(element => !out.some(other => other !== element && element.contains(other)));
return innermost.slice(0, 5).map(element => element.outerHTML.replace(/\s+/g, ' ').slice(0, 160));
