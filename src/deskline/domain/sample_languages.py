"""What clients and agents of the sample company write in other languages than English. Words only, in the shape of `sample_texts`."""
# ruff: noqa: E501 -- a sentence is a line, however long

from deskline.domain.sample_texts import BILLING, ENGLISH, GENERAL, SALES, TECHNICAL, Language, Topic

GERMAN = Language(
    code="de",
    weight=0.06,
    zones=("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
    first_names=("Jürgen", "Anke", "Sören", "Käthe", "Lukas", "Mia", "Björn", "Greta", "Moritz", "Jörg", "Emilia", "Paul"),
    last_names=("Müller", "Schäfer", "Weiß", "Krüger", "Köhler", "Schmitz", "Großmann", "Vogel", "Jäger", "Löffler", "Böhm", "Huber"),
    days=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"),
    greetings=("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,", "Moin,"),
    details=(
        "Die Bestellnummer lautet {order}.",
        "Ich habe am {day} schon einmal angerufen, bin aber nicht durchgekommen.",
        "Im Anhang finden Sie ein Foto.",
        "Es eilt nicht, aber über eine kurze Rückmeldung würde ich mich freuen.",
        "Außerdem würde ich gern wissen, ob die Größe noch geändert werden kann.",
    ),
    closings=("Mit freundlichen Grüßen", "Viele Grüße", "Schöne Grüße", "Danke im Voraus"),
    questions=(
        "Gibt es schon etwas Neues?",
        "Leider hat das nicht geholfen. Was kann ich noch versuchen?",
        "Ja, genau, die Nummer ist {order}.",
        "Wie lange dauert das ungefähr?",
    ),
    thanks=("Vielen Dank, hat alles geklappt!", "Super, danke für die schnelle Hilfe.", "Prima, herzlichen Dank."),
    topics=(
        Topic(
            "delivery", SALES, 3,
            ("Wo bleibt meine Bestellung?", "Lieferung {order}", "Paket nicht angekommen"),
            (
                "ich warte seit {day} auf mein Paket ({product}). Können Sie bitte nachsehen, wo es steckt?",
                "laut Sendungsverfolgung wurde das Paket am {day} zugestellt, hier ist aber nichts angekommen.",
            ),
            (
                "das Paket liegt noch im Verteilzentrum und kommt voraussichtlich am {day} bei Ihnen an.",
                "das tut uns leid. Wir haben Ihnen heute kostenlos Ersatz geschickt.",
            ),
        ),
        Topic(
            "invoice", BILLING, 2,
            ("Rechnung fehlt", "Rechnung zu {order}", "Falsche Anschrift auf der Rechnung"),
            (
                "könnten Sie mir bitte die Rechnung über {amount} noch einmal schicken? Ich brauche sie für die Steuererklärung.",
                "auf der Rechnung steht noch meine alte Anschrift. Bitte ändern Sie das.",
            ),
            ("die korrigierte Rechnung haben wir Ihnen soeben per E-Mail geschickt.", "die Rechnung finden Sie jetzt auch in Ihrem Kundenkonto."),
        ),
        Topic(
            "repair", TECHNICAL, 2,
            ("Bremse quietscht", "Termin in der Werkstatt", "Ersatzteil gesucht"),
            (
                "die Bremse an meinem Rad ({product}) quietscht bei Nässe fürchterlich. Was kann ich tun?",
                "ich hätte gern einen Termin in der Werkstatt, am liebsten am {day}.",
            ),
            ("gern, ich habe Sie für {day} um 10 Uhr eingetragen.", "das ist fast immer Schmutz auf der Scheibe. Bitte nur mit Bremsenreiniger säubern."),
        ),
    ),
    replies=(
        "vielen Dank für das Foto. Die Werkstatt schickt Ihnen heute das passende Teil.",
        "ja, das ist richtig. Es ist unter {order} vermerkt.",
        "schade, dass es nicht geholfen hat. Ich habe es an eine Kollegin aus der Werkstatt weitergegeben.",
        "in der Regel dauert es {number} Werktage.",
    ),
    hellos=("Hallo {first},", "Guten Tag {first},", "Guten Morgen {first},"),
    promises=(
        "Melden Sie sich gern, wenn noch etwas offen ist.",
        "Bitte entschuldigen Sie die Umstände.",
        "Ich melde mich spätestens am {day} wieder bei Ihnen.",
    ),
    farewells=("Viele Grüße", "Mit freundlichen Grüßen", "Gute Fahrt"),
)  # fmt: skip

POLISH = Language(
    code="pl",
    weight=0.04,
    zones=("Europe/Warsaw",),
    first_names=("Łukasz", "Małgorzata", "Zofia", "Michał", "Agnieszka", "Paweł", "Jędrzej", "Róża", "Grażyna", "Stanisław"),
    last_names=("Wójcik", "Kamińska", "Zieliński", "Dąbrowski", "Woźniak", "Szymańska", "Błaszczyk", "Żak", "Góra", "Gołębiowski"),
    days=("poniedziałek", "wtorek", "środę", "czwartek", "piątek", "sobotę"),
    greetings=("Dzień dobry,", "Witam,", "Szanowni Państwo,"),
    details=(
        "Numer zamówienia to {order}.",
        "Dzwoniłam do Państwa w {day}, ale nikt nie odebrał.",
        "W załączniku przesyłam zdjęcie.",
        "Proszę o szybką odpowiedź, bo wyjeżdżamy na urlop.",
    ),
    closings=("Pozdrawiam", "Z poważaniem", "Dziękuję i pozdrawiam"),
    questions=("Czy coś już wiadomo?", "Niestety to nie pomogło. Co mogę jeszcze zrobić?", "Tak, chodzi o zamówienie {order}."),
    thanks=("Dziękuję bardzo, wszystko działa!", "Świetnie, dziękuję za szybką pomoc."),
    topics=(
        Topic(
            "delivery", SALES, 3,
            ("Gdzie jest moja przesyłka?", "Zamówienie {order}", "Opóźniona dostawa"),
            (
                "czekam na przesyłkę ({product}) od {number} dni. Czy mogą Państwo sprawdzić, gdzie ona jest?",
                "paczka miała dotrzeć w {day}, a śledzenie przesyłki nadal pokazuje magazyn.",
            ),
            ("paczka jest już u kuriera i dotrze w {day}.", "przepraszamy za opóźnienie. Nowa przesyłka została wysłana dzisiaj."),
        ),
        Topic(
            "refund", BILLING, 2,
            ("Zwrot pieniędzy", "Podwójna płatność"),
            ("odesłałem towar {number} tygodnie temu i nadal czekam na zwrot {amount}.", "moja karta została obciążona dwukrotnie kwotą {amount}."),
            ("zwrot {amount} został dziś zlecony. Bank księguje go zwykle w ciągu kilku dni.",),
        ),
        Topic(
            "app", TECHNICAL, 2,
            ("Aplikacja się nie łączy", "Błąd synchronizacji"),
            ("aplikacja przestała łączyć się z licznikiem po aktualizacji w {day}.", "przy synchronizacji pojawia się błąd E-{number}04."),
            ("błąd został naprawiony w najnowszej wersji, proszę zaktualizować aplikację.",),
        ),
    ),
    replies=(
        "dziękujemy za zdjęcie. Część zamienna zostanie wysłana dzisiaj.",
        "tak, zgadza się, sprawa jest zapisana pod numerem {order}.",
        "przykro mi, że to nie pomogło. Przekazałam sprawę koleżance z serwisu.",
    ),
    hellos=("Dzień dobry,", "Witam serdecznie,"),
    promises=("W razie pytań jesteśmy do dyspozycji.", "Przepraszamy za niedogodności.", "Odezwę się najpóźniej w {day}."),
    farewells=("Pozdrawiam", "Miłego dnia", "Z poważaniem"),
)  # fmt: skip

SPANISH = Language(
    code="es",
    weight=0.04,
    zones=("Europe/Madrid", "America/Santiago", "America/Bogota"),
    first_names=("José", "María", "Íñigo", "Lucía", "Andrés", "Sofía", "Álvaro", "Inés", "Martín", "Begoña"),
    last_names=("Muñoz", "García", "Peña", "Rodríguez", "Núñez", "Ibáñez", "Gómez", "Vázquez", "Castaño", "Jiménez"),
    days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado"),
    greetings=("Hola:", "Buenos días:", "Buenas tardes:", "Estimados señores:"),
    details=(
        "El número de pedido es {order}.",
        "Llamé el {day}, pero nadie contestó.",
        "Adjunto una foto para que lo vean.",
        "¿Podrían responderme lo antes posible? Salimos de viaje mañana.",
    ),
    closings=("Un saludo,", "Muchas gracias,", "Saludos cordiales,"),
    questions=("¿Hay alguna novedad?", "Gracias, pero no ha funcionado. ¿Qué más puedo hacer?", "Sí, el pedido es {order}."),
    thanks=("¡Perfecto, muchas gracias!", "Ya funciona. ¡Gracias por la ayuda!"),
    topics=(
        Topic(
            "delivery", SALES, 3,
            ("¿Dónde está mi pedido?", "Pedido {order}", "Entrega retrasada"),
            (
                "sigo esperando mi paquete ({product}) desde el {day}. ¿Pueden decirme qué pasó?",
                "el transportista dice que entregó el paquete, pero aquí no ha llegado nada.",
            ),
            ("su paquete está en reparto y llegará el {day}.", "sentimos el retraso. Hoy le hemos enviado otro sin coste."),
        ),
        Topic(
            "returns", SALES, 2,
            ("Devolución", "Cambio de talla"),
            ("quisiera devolver el artículo ({product}) porque no es lo que esperaba.", "la talla es demasiado pequeña. ¿Puedo cambiarla?"),
            ("por supuesto. Le hemos enviado la etiqueta de devolución por correo electrónico.",),
        ),
        Topic(
            "login", TECHNICAL, 2,
            ("No puedo entrar en mi cuenta", "Contraseña olvidada"),
            ("no puedo entrar en mi cuenta y el correo para cambiar la contraseña no llega.",),
            ("hemos desbloqueado su cuenta. Pruebe otra vez, por favor; el enlace vale {number} horas.",),
        ),
    ),
    replies=(
        "gracias por la foto. El taller le envía hoy mismo la pieza correcta.",
        "sí, es correcto, está anotado con el número {order}.",
        "siento que no haya funcionado. Se lo he pasado a una compañera del taller.",
    ),
    hellos=("Hola, {first}:", "Buenos días, {first}:"),
    promises=("Quedamos a su disposición.", "Disculpe las molestias.", "Le escribiré de nuevo el {day}."),
    farewells=("Un saludo", "Saludos cordiales", "Que tenga un buen día"),
)  # fmt: skip

FRENCH = Language(
    code="fr",
    weight=0.02,
    zones=("Europe/Paris", "Europe/Brussels", "America/Montreal"),
    first_names=("Élodie", "François", "Chloé", "Benoît", "Zoé", "Jérôme", "Maëlle", "Noël", "Amélie", "Théo"),
    last_names=("Lefèvre", "Garçon", "Dupré", "Lévêque", "Rémond", "Béranger", "Maître", "Boisé", "Chénier", "Guérin"),
    days=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
    greetings=("Bonjour,", "Bonsoir,", "Madame, Monsieur,"),
    details=("Le numéro de commande est {order}.", "J'ai appelé {day}, sans succès.", "Vous trouverez une photo ci-jointe.", "C'est assez pressé."),
    closings=("Cordialement,", "Merci d'avance,", "Bien à vous,"),
    questions=("Avez-vous des nouvelles ?", "Merci, mais cela n'a pas marché. Que puis-je faire ?", "Oui, c'est la commande {order}."),
    thanks=("Parfait, merci beaucoup !", "Ça marche, merci pour votre aide rapide."),
    topics=(
        Topic(
            "delivery", SALES, 3,
            ("Où est ma commande ?", "Commande {order}", "Colis non reçu"),
            ("j'attends mon colis ({product}) depuis {day}. Pouvez-vous vérifier où il se trouve ?", "le colis est marqué comme livré, mais je n'ai rien reçu."),
            ("votre colis est au dépôt et sera livré {day}.", "nous sommes désolés du retard ; un nouveau colis est parti aujourd'hui."),
        ),
        Topic(
            "cancellation", GENERAL, 1,
            ("Annulation de {order}", "Désabonnement"),
            ("je souhaite annuler la commande {order}, je me suis trompée de couleur.",),
            ("la commande est annulée, rien ne sera débité.",),
        ),
    ),
    replies=(
        "merci pour la photo. L'atelier vous envoie la bonne pièce aujourd'hui.",
        "oui, c'est exact, c'est noté sous {order}.",
        "désolée que cela n'ait pas suffi. J'ai transmis votre demande à l'atelier.",
    ),
    hellos=("Bonjour {first},",),
    promises=("N'hésitez pas à nous récrire.", "Veuillez nous excuser pour la gêne occasionnée.", "Je reviens vers vous {day} au plus tard."),
    farewells=("Cordialement", "Bonne journée", "Bien à vous"),
)  # fmt: skip

LANGUAGES = (ENGLISH, GERMAN, POLISH, SPANISH, FRENCH)
