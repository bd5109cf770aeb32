// What is wrong with a page that needs no eye to see; returns one sentence for each fault.
const faults = [];
const say = (what, element) => faults.push(what + ': ' + element.outerHTML.slice(0, 120));
if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
if (!document.title.trim()) faults.push('no title');
if (!document.querySelector('main')) faults.push('no main');
const ids = new Set();
for (const element of document.querySelectorAll('[id]')) {
  if (ids.has(element.id)) say('an id twice', element);
  ids.add(element.id);
}
for (const image of document.querySelectorAll('img')) if (!image.hasAttribute('alt')) say('no alt', image);
for (const image of document.querySelectorAll('img')) if (image.complete && image.naturalWidth === 0) say('a broken picture', image);
for (const field of document.querySelectorAll('input:not([type=hidden]):not([type=submit]), select, textarea')) {
  if (field.getAttribute('aria-hidden') === 'true') continue;
  if (!field.labels.length && !field.getAttribute('aria-label')) say('no label', field);
}
for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]')) {
  const names = element.getAttribute('aria-labelledby') || element.htmlFor || '';
  for (const id of names.split(/\s+/).filter(Boolean)) if (!document.getElementById(id)) say('points nowhere', element);
}
for (const link of document.querySelectorAll('a[href^="#"]')) {
  if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) say('points nowhere', link);
}
for (const element of document.querySelectorAll('a, button')) {
  const text = element.textContent.trim() || element.getAttribute('aria-label') || element.querySelector('img[alt]:not([alt=""])');
  if (!text) say('no name', element);
}
let last = 0;
for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
  const level = Number(heading.tagName[1]);
  if (level > last + 1 && last > 0) say('a heading skips a level', heading);
  last = level;
}
return faults;
