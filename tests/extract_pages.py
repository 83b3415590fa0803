"""Pages in many languages for the tests of `extract`, all of our own words."""

from __future__ import annotations

from html import escape

ARTICLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "en": (
        "The lift that counted wrong",
        (
            "For eleven days in March the lifts of the county hospital refused to stop on the fourth floor, and nobody "
            "who worked there could say why. Porters carried trays up the stairs, and visitors walked.",
            "The cause, an inquiry found last week, was a scheduling program that had been trained on the traffic of "
            "an office tower. It had learned that the fourth floor is empty at night, and it acted on what it knew.",
            "“We asked for a person to call, and we were given a form,” said the head nurse of the children's ward. "
            "She kept a list of every hour in which a bed could not be moved, and the list fills nine pages.",
            "The maker says that the program did what its contract describes. The hospital's board has asked for the "
            "contract to be read aloud at its next meeting, and for the old panel with its brass buttons to be put "
            "back until then. Two members of the board want their money returned.",
            "A technician who had warned of the fault in January was moved to another building a month later. The "
            "inquiry calls that decision unwise, and asks the county to write to her.",
        ),
    ),
    "de": (
        "Der Aufzug, der sich verzählte",
        (
            "Elf Tage lang hielten die Aufzüge des Kreiskrankenhauses nicht mehr im vierten Stock, und niemand im Haus "
            "wusste einen Grund dafür. Pfleger trugen das Essen über die Treppe, Besucher gingen zu Fuß.",
            "Schuld war, wie eine Untersuchung jetzt ergab, ein Programm zur Steuerung, das mit den Fahrten in einem "
            "Bürohaus angelernt worden war. Es hatte gelernt, dass der vierte Stock nachts leer steht.",
            "„Wir wollten jemanden anrufen und bekamen ein Formular“, sagt die Oberschwester der Kinderstation. Sie "
            "schrieb jede Stunde auf, in der ein Bett nicht bewegt werden konnte; die Liste ist neun Seiten lang.",
            "Der Hersteller erklärt, das Programm habe getan, was im Vertrag stehe. Der Beirat des Krankenhauses will "
            "den Vertrag in der nächsten Sitzung vorlesen lassen und bis dahin die alten Messingknöpfe zurückhaben.",
            "Eine Technikerin, die im Januar vor dem Fehler gewarnt hatte, wurde einen Monat später versetzt. Der "
            "Bericht nennt das unklug und bittet den Landkreis, ihr zu schreiben.",
        ),
    ),
    "fr": (
        "L’ascenseur qui comptait mal",
        (
            "Pendant onze jours, les ascenseurs de l’hôpital départemental ont refusé de s’arrêter au quatrième étage, "
            "sans que personne ne sache pourquoi. Les brancardiers montaient les plateaux par l’escalier.",
            "La faute revient, selon une enquête rendue la semaine dernière, à un programme entraîné sur les trajets "
            "d’une tour de bureaux. Il avait appris que le quatrième étage est vide la nuit, et il en tenait compte.",
            "« Nous demandions quelqu’un au téléphone et l’on nous donnait un formulaire », raconte la cadre de santé "
            "de pédiatrie. Elle a noté chaque heure où un lit restait bloqué : la liste tient sur neuf pages.",
            "Le fabricant répond que le programme a fait ce que prévoit le contrat. Le conseil de l’hôpital veut que ce "
            "contrat soit lu à voix haute à sa prochaine séance et que l’ancien tableau de commande soit remis d’ici là.",
            "Une technicienne qui avait signalé le défaut en janvier a été mutée un mois plus tard. L’enquête juge cette "
            "décision malavisée et demande au département de lui écrire.",
        ),
    ),
    "es": (
        "El ascensor que contaba mal",
        (
            "Durante once días los ascensores del hospital comarcal se negaron a parar en la cuarta planta y nadie en la "
            "casa supo explicar la causa. Los celadores subían las bandejas por la escalera, y las visitas, a pie.",
            "La culpa, según un informe de la semana pasada, fue de un programa entrenado con el tráfico de una torre de "
            "oficinas. Había aprendido que la cuarta planta está vacía de noche y actuaba según lo que sabía.",
            "«Pedíamos que viniera una persona y nos daban un formulario», cuenta la supervisora de pediatría. Apuntó "
            "cada hora en que una cama no pudo moverse, y la lista ocupa nueve páginas.",
            "El fabricante sostiene que el programa hizo lo que describe el contrato. La junta del hospital quiere que se "
            "lea en voz alta en la próxima reunión y que vuelva hasta entonces el viejo panel de botones de latón.",
            "Una técnica que había avisado del fallo en enero fue trasladada un mes después. El informe llama imprudente "
            "a esa decisión y pide a la comarca que le escriba una carta.",
        ),
    ),
    "pl": (
        "Winda, która źle liczyła",
        (
            "Przez jedenaście dni windy szpitala powiatowego nie zatrzymywały się na czwartym piętrze i nikt w budynku "
            "nie umiał powiedzieć dlaczego. Salowi nosili tace po schodach, a odwiedzający chodzili pieszo.",
            "Winny był, jak ustaliła komisja, program sterujący nauczony na ruchu w wieżowcu biurowym. Dowiedział się "
            "z niego, że czwarte piętro nocą jest puste, i postępował zgodnie z tym, co wiedział.",
            "„Prosiliśmy o człowieka, a dostawaliśmy formularz” – mówi oddziałowa z pediatrii. Zapisywała każdą godzinę, "
            "w której nie dało się przewieźć łóżka, a lista zajmuje dziewięć stron.",
            "Producent twierdzi, że program robił to, co opisuje umowa. Rada szpitala chce, by umowę odczytano na głos na "
            "najbliższym posiedzeniu, a do tego czasu wróciły stare mosiężne guziki.",
            "Techniczkę, która w styczniu ostrzegała przed usterką, miesiąc później przeniesiono do innego budynku. "
            "Komisja nazywa tę decyzję niemądrą i prosi powiat, by do niej napisał.",
        ),
    ),
    "ru": (
        "Лифт, который сбился со счёта",
        (
            "Одиннадцать дней лифты районной больницы не останавливались на четвёртом этаже, и никто из сотрудников не "
            "мог объяснить причину. Санитары носили подносы по лестнице, а посетители шли пешком.",
            "Виновата, как установила комиссия, программа управления, обученная на поездках в офисной башне. Она усвоила, "
            "что по ночам четвёртый этаж пуст, и поступала так, как её научили.",
            "«Мы просили прислать человека, а нам давали бланк», — рассказывает старшая сестра детского отделения. Она "
            "записывала каждый час, когда нельзя было перевезти кровать; список занял девять страниц.",
            "Изготовитель утверждает, что программа делала то, что описано в договоре. Совет больницы хочет, чтобы "
            "договор прочли вслух на следующем заседании, а до тех пор вернули старые латунные кнопки.",
            "Техника, которая в январе предупредила о неисправности, через месяц перевели в другое здание. Комиссия "
            "назвала это решение неразумным и попросила район написать ей письмо.",
        ),
    ),
    "ja": (
        "数え間違えたエレベーター",
        (
            "県立病院のエレベーターが十一日間にわたって四階に止まらなくなり、職員の誰も理由を説明できなかった。配膳係は階段で食事を運び、見舞客は歩いて上った。",
            "先週まとまった調査報告によると、原因は事務所ビルの利用記録で訓練された運行プログラムだった。夜の四階には誰もいないと学び、そのとおりに動いていたという。",
            "「人を呼んでほしいと頼むと、書類を渡されました」と小児科の看護師長は話す。ベッドを動かせなかった時間を一つずつ書き留めた一覧は九ページになった。",
            "製造会社は、契約に書かれたとおりに動いたと主張している。病院の理事会は次の会合で契約書を読み上げ、それまで古い真ちゅうの操作盤に戻すよう求めた。",
            "一月に不具合を警告した技術者は、一か月後に別の建物へ異動になった。報告書はこの判断を賢明でなかったとし、県に手紙を書くよう求めている。",
        ),
    ),
}  # fmt: skip
"""By language: a title and the paragraphs of a whole article."""

MENU = '<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li></ul></nav>'


def text_of(language: str) -> str:
    """Return the paragraphs of an article, a line each."""
    return "\n".join(ARTICLES[language][1])


def article(language: str = "en", *, before: str = "", after: str = "", paragraphs: int = 5) -> str:
    """Return the markup of an article with *before* and *after* around it, within a page's body."""
    title, texts = ARTICLES[language]
    body = "".join(f"<p>{escape(text)}</p>" for text in texts[:paragraphs])
    return f"{before}<main><article><h1>{escape(title)}</h1>{body}</article></main>{after}"


def page(body: str, *, title: str = "A page", language: str = "en", head: str = "") -> bytes:
    """Return a page of HTML in UTF-8."""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
        f"<body>{body}</body></html>"
    ).encode()


def article_page(language: str = "en", *, head: str = "", before: str = "", after: str = "") -> bytes:
    """Return a whole page with an article."""
    title = ARTICLES[language][0]
    return page(article(language, before=MENU + before, after=after), title=title, language=language, head=head)
