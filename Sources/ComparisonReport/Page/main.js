document.title = visible(page.title);
byId('title').append(visible(page.title));
byId('notes').append(...page.notes.map(note => element('p', {}, visible(note))));
showSystems();
showRates();
showPairs();
showTrends();
showPairChoice();
prepareList();
prepareDetail();
showDifferences();
showList();
document.documentElement.dataset.ready = 'first view';
performance.mark('first view');
document.addEventListener('DOMContentLoaded', () => {
  showSounds();
  document.documentElement.dataset.ready = 'all';
  openLinked();
});
