// Makes messages in many languages: Chinese, Japanese, Cyrillic, accents and emoji, mostly non-ASCII bytes.
const messages = [
  "订单已成功提交，等待仓库确认发货",
  "ユーザーがカートに商品を追加しました",
  "Заказ успешно оформлен и передан в службу доставки",
  "Création réussie – l’élève a reçu son reçu à Besançon",
  "Überweisung für Größe „XL“ ist fällig, bitte prüfen",
  "배송이 지연되고 있습니다. 잠시만 기다려 주세요",
  "🚀 déploiement terminé ✅ 部署完成 👩‍💻",
  "تم تأكيد الطلب وسيتم الشحن غدا",
];
const cities = ["上海", "東京", "Москва", "São Paulo", "Zürich", "서울"];

/** Returns the body of one record: about 500 bytes of JSON. */
export function multilingualText(random: () => number): Record<string, unknown> {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = (list: readonly string[]) => list[below(list.length)] as string;
  return {
    message: Array.from({ length: 3 + below(4) }, () => pick(messages)).join(" · "),
    city: pick(cities),
    user: `用户${below(100_000)}`,
    tags: [pick(cities), "émoji 😀", `n${below(100)}`],
    amount: below(1e6) / 100,
  };
}
